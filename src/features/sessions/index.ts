/**
 * Sessions: proof that a caller is an account: devices by their tokens, browsers by their cookie.
 *
 * Promises: a token is kept as a digest, checked against the store on every request (S-62), and dead at once when its
 * device is ended or its account is not active.
 */
export { label, type Device } from './device.js';
export { DevicesService, type DeviceDescription, type SignedInDevice } from './devices.service.js';
export { SignInsService } from './sign-ins.service.js';
export { SessionsModule } from './sessions.module.js';
export { sessionTables } from './session-tables.js';
export type { WebSession } from './web-session.js';
export { WebSessionsService, type SignedInBrowser } from './web-sessions.service.js';

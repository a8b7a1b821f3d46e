/**
 * Sessions: proof that a caller is an account: devices by their tokens, browsers by their cookie.
 *
 * Promises: a token is kept as a digest, and dead at once when its device is ended or its account is not active. What was
 * checked is remembered only while this process hears of every change, which is confirmed each second (S-62).
 */
export { label, type Device } from './device.js';
export { signedIn, signInOf, type SignedInColumns, type StoredSignIn } from './device-rows.js';
export type { SignedInDevice } from './checked-tokens.js';
export { DevicesService, type DeviceDescription } from './devices.service.js';
export { SignInsService } from './sign-ins.service.js';
export { SessionsModule } from './sessions.module.js';
export { sessionTables } from './session-tables.js';
export type { WebSession } from './web-session.js';
export { WebSessionsService, type SignedInBrowser } from './web-sessions.service.js';

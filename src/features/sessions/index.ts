/**
 * Sessions: proof that a caller is an account. For now devices and their tokens; web sessions follow here.
 *
 * Promises: a token is kept as a digest, checked against the store on every request (S-62), and dead at once when its
 * device is ended or its account is not active.
 */
export { DevicesService, type DeviceDescription, type SignedInDevice } from './devices.service.js';
export { SessionsModule } from './sessions.module.js';
export { sessionTables } from './session-tables.js';

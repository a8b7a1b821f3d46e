import { StartupError } from '../startup-error.js';

/** A COMMIT was not confirmed: `message` says what is known of it. */
export class UnconfirmedError extends StartupError {}

/**
 * PINs: letting a TV in without typing a password on it.
 *
 * Promises: confirmed once, exchanged once, both atomic (S-42); codes are kept as keyed hashes (S-40); guessing is
 * counted before it is answered, and much of it over the whole broker puts that on guard (S-43); wrong, used and expired
 * look alike (S-34).
 */
export type { PinTyper } from './pin-guesses.service.js';
export { PinsModule } from './pins.module.js';
export { CodeKeepers, type WaitingDevice } from './code-keepers.js';
export { PinAnswers, type PinToConfirm } from './pin-answers.service.js';
export { PinsService, type PinInHand } from './pins.service.js';
export { pinTables } from './pin-tables.js';

/**
 * Accounts: who a person is. Signing up, confirming the address, checking a password.
 *
 * Promises: unknown, inactive and wrong look alike (S-05); an address in use looks like a fresh one (S-31); an id is
 * never given out twice; verifiers never leave this room.
 */
export { isActive, type Account } from './account.js';
export { emailAddress, isEmailAddress, userName } from './account-fields.js';
export { AccountsModule } from './accounts.module.js';
export { AccountsService, type PasswordProof } from './accounts.service.js';
export { SignUpService, type SignUp } from './sign-up.service.js';
export { VerificationService } from './verification.service.js';
export { accountTables } from './account-tables.js';

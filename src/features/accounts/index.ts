/**
 * Accounts: who a person is. Signing up, confirming the address, checking a password.
 *
 * Promises: unknown, inactive and wrong look alike (S-05); an address in use looks like a fresh one (S-31); an id is
 * never given out twice; verifiers never leave this room.
 */
export { isActive, type Account, type Findable } from './account.js';
export { accountColumns, accountOf, type AccountColumns } from './account-rows.js';
export { emailAddress, isEmailAddress, userName } from './account-fields.js';
export { AccountsModule } from './accounts.module.js';
export { AccountsService } from './accounts.service.js';
export type { PasswordProof } from './passwords.service.js';
export { SignInService } from './sign-in.service.js';
export { AccountClosingService } from './account-closing.service.js';
export { AddressChangeService } from './address-change.service.js';
export { typedTwice } from './password.js';
export { PasswordPolicy, type PasswordRules } from './password-policy.js';
export { CredentialChanges } from './credential-changes.js';
export { KnownBrowsers } from './known-browsers.service.js';
export { PasswordChange } from './password-change.service.js';
export { RecoveryService } from './recovery.service.js';
export { SetupService } from './setup.service.js';
export type { SignInOrigin } from './sign-in-origin.js';
export { SignInLimits } from './sign-in-limits.service.js';
export { SignUpService, type SignUp } from './sign-up.service.js';
export { VerificationService } from './verification.service.js';
export { accountTables } from './account-tables.js';

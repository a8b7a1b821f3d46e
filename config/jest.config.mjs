/** Jest, whose test files run in Node itself: config/jest says how and why. */
/** @type {import('jest').Config} */
export default {
  rootDir: '..',
  testMatch: ['<rootDir>/src/**/*.test.{ts,tsx}', '<rootDir>/test/**/*.test.{ts,tsx}'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  injectGlobals: false,
  transform: {},
  runtime: '<rootDir>/config/jest/runtime.mjs',
  testEnvironment: '<rootDir>/config/jest/environment.mjs',
  // No promise of the broker: so that nothing waits for ever. Tests run on machines that have much else to do.
  testTimeout: 180_000,
  reporters: ['default'],
};

/** Jest in ESM mode; SWC compiles each file on the fly, types are checked by `npm run check`. */
const swc = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', tsx: true, decorators: true },
    transform: {
      legacyDecorator: true,
      decoratorMetadata: true,
      react: { runtime: 'automatic', importSource: 'preact' },
    },
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

/** @type {import('jest').Config} */
export default {
  rootDir: '..',
  testMatch: ['<rootDir>/src/**/*.test.{ts,tsx}', '<rootDir>/test/**/*.test.{ts,tsx}'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '\\.(ts|tsx)$': ['@swc/jest', swc] },
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/config/keep-sqlite.cjs'],
  testTimeout: 60_000,
  // What a file loaded is never freed, and the collector walks through it again and again: at 2 GB loading takes six times
  // as long. A new worker costs half a second.
  workerIdleMemoryLimit: '350MB',
  reporters: ['default'],
};

/* eslint-disable no-console -- the provider warns there */
const { warn } = console;

/**
 * On Node 20 oidc-provider says on stderr, at every start, that it wants 22. We test it on 20 ourselves, and whoever
 * starts the broker would take it for trouble.
 */
console.warn = (...told: unknown[]): void => {
  if (!String(told[0]).includes('Unsupported runtime')) warn(...told);
};

/** Once it is loaded. */
export function listenAgain(): void {
  console.warn = warn;
}

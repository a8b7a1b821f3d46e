/**
 * Where a test file runs: in the process itself, not in a context of its own. What a file changed of the process is put
 * back after it.
 */
import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';
import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Before Node 24 every promise costs more with every `AsyncLocalStorage` that was ever used, and each broker has one: those
 * of a file that has ended are switched off. One that is used again is on again.
 * @type {Set<AsyncLocalStorage<unknown>>}
 */
const used = new Set();
const run = /** @type {(...given: unknown[]) => unknown} */ (Reflect.get(AsyncLocalStorage.prototype, 'run'));
AsyncLocalStorage.prototype.run = function remembered(/** @type {unknown[]} */ ...given) {
  used.add(this);
  return /** @type {never} */ (Reflect.apply(run, this, given));
};

export default class NativeEnvironment {
  global = globalThis;
  #mocker = new ModuleMocker(globalThis);
  #timers;
  #env = { ...process.env };
  #folder = process.cwd();
  #globals = Object.getOwnPropertyDescriptors(globalThis);
  #exit = Object.getOwnPropertyDescriptor(process, 'exit');

  /** @param {{ projectConfig: ConstructorParameters<typeof ModernFakeTimers>[0]['config'] }} config */
  constructor({ projectConfig }) {
    this.#timers = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  /** As much of `jest` as there is without contexts: modules are not replaced, adapters are (docs/architecture.md). */
  get jest() {
    const [mocker, timers] = [this.#mocker, this.#timers];
    return {
      fn: mocker.fn.bind(mocker),
      spyOn: mocker.spyOn.bind(mocker),
      restoreAllMocks: mocker.restoreAllMocks.bind(mocker),
      useFakeTimers: timers.useFakeTimers.bind(timers),
      useRealTimers: timers.useRealTimers.bind(timers),
      advanceTimersByTime: timers.advanceTimersByTime.bind(timers),
      advanceTimersByTimeAsync: timers.advanceTimersByTimeAsync.bind(timers),
      runAllTimers: timers.runAllTimers.bind(timers),
    };
  }

  /** Nothing: there is no context to make. */
  setup() {
    return Promise.resolve();
  }

  teardown() {
    for (const storage of used) storage.disable();
    used.clear();
    this.#mocker.restoreAllMocks();
    this.#timers.dispose();
    if (this.#exit) Object.defineProperty(process, 'exit', this.#exit);
    if (process.cwd() !== this.#folder) process.chdir(this.#folder);
    this.#restoreVariables();
    this.#restoreGlobals();
    return Promise.resolve();
  }

  #restoreVariables() {
    for (const name of Object.keys(process.env)) {
      if (!(name in this.#env)) Reflect.deleteProperty(process.env, name);
    }
    Object.assign(process.env, this.#env);
  }

  /** Those that were there; what packages and tests added is theirs to remove. */
  #restoreGlobals() {
    for (const [name, before] of Object.entries(this.#globals)) {
      if (!('value' in before)) continue;
      const now = Object.getOwnPropertyDescriptor(globalThis, name);
      if (now?.value !== before.value) Object.defineProperty(globalThis, name, before);
    }
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  /** There is none; what would need it, coverage, is not measured. */
  getVmContext() {
    return null;
  }
}

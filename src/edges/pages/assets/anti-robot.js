/**
 * Solves the riddle of `platform/anti-robot` while a person fills in the form, in workers, so that nobody has to wait.
 * A form without this script, or where it fails, is accepted when it was open long enough.
 *
 * <form data-anti-robot data-worker="/assets/anti-robot-worker.….js" data-patience="20">
 *   <input type="hidden" name="robotChallenge" value="…" autocomplete="off">
 *   <input type="hidden" name="robotSolution" autocomplete="off">
 *   <p role="status" data-anti-robot-status data-working="…" data-solved="…" data-held="…"
 *      data-waiting="… {seconds} …" data-ready="…">what to know without script</p>
 *
 * Sending too early is held back, at most for the time of patience, and then goes on by itself.
 */

/** @typedef {{ value: string }} Field */
/** @typedef {{ textContent: string | null, dataset: Record<string, string | undefined> }} Status */
/** @typedef {{ preventDefault(): void, submitter?: unknown }} Sending */
/**
 * @typedef {object} Form
 * @property {Record<string, string | undefined>} dataset
 * @property {(selector: string) => unknown} querySelector
 * @property {(type: 'submit', listener: (event: Sending) => void) => void} addEventListener
 * @property {(submitter?: unknown) => void} [requestSubmit]
 * @property {() => void} submit
 */
/** @typedef {{ addEventListener(type: string, listener: (event: { data?: string | null }) => void): void, postMessage(task: object): void, terminate(): void }} SolvingWorker */
/**
 * What is used of the browser; the types of the whole DOM would be visible to the server's code as well.
 * @typedef {object} Browser
 * @property {{ querySelectorAll(selector: string): Iterable<Form> }} document
 * @property {{ href: string, origin: string }} location
 * @property {{ hardwareConcurrency?: number }} navigator
 * @property {new (url: unknown, options: { type: 'module' }) => SolvingWorker} Worker
 * @property {{ createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown } }} [trustedTypes]
 */

const browser = /** @type {Browser} */ (/** @type {unknown} */ (globalThis));
const { URL, setTimeout, setInterval, clearInterval, performance, atob } = globalThis;

/** More would heat a phone without helping it much. */
const MOST_WORKERS = 4;

/** @param {Form} form */
function guard(form) {
  const challenge = /** @type {Field | null} */ (form.querySelector('[name=robotChallenge]'));
  const solution = /** @type {Field | null} */ (form.querySelector('[name=robotSolution]'));
  if (!challenge || !solution) return;
  // A browser that restores fields would bring back the solution of another challenge.
  solution.value = '';
  const seconds = Number(form.dataset['patience'] ?? '20');
  const gate = new Gate(form, seconds);
  const search = new Search(form.dataset['worker'] ?? '');
  void search.solve(challenge.value).then((found) => {
    solution.value = found ?? '';
    if (found === null) gate.wait();
    else gate.open('solved');
  });
  setTimeout(() => {
    search.end();
    gate.open('ready');
  }, seconds * 1_000);
}

/** Holds a form back until it would be accepted. */
class Gate {
  #isOpen = false;
  /** @type {Sending | null} */
  #held = null;
  #openedAt = performance.now();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdown;

  /** @param {Form} form @param {number} seconds it opens by itself after */
  constructor(form, seconds) {
    this.form = form;
    this.seconds = seconds;
    this.say('working');
    form.addEventListener('submit', (event) => {
      if (this.#isOpen) return;
      event.preventDefault();
      this.#held = event;
      this.say('held');
    });
  }

  /** There is no solution: the person is told how long it takes. */
  wait() {
    if (this.#isOpen) return;
    this.#tick();
    this.#countdown = setInterval(() => this.#tick(), 5_000);
  }

  /** @param {'solved' | 'ready'} how */
  open(how) {
    if (this.#isOpen) return;
    this.#isOpen = true;
    clearInterval(this.#countdown);
    this.say(how);
    if (this.#held) this.#send(this.#held.submitter ?? undefined);
  }

  /** @param {unknown} button that was pressed */
  #send(button) {
    if (this.form.requestSubmit) this.form.requestSubmit(button);
    else this.form.submit();
  }

  #tick() {
    const left = this.seconds - (performance.now() - this.#openedAt) / 1_000;
    this.say('waiting', String(Math.max(1, Math.ceil(left))));
  }

  /** @param {'working' | 'solved' | 'held' | 'waiting' | 'ready'} state @param {string} [seconds] */
  say(state, seconds = '') {
    const status = /** @type {Status | null} */ (this.form.querySelector('[data-anti-robot-status]'));
    if (status) status.textContent = (status.dataset[state] ?? '').replace('{seconds}', seconds);
  }
}

/** Several workers share the counters; the first answer counts. */
class Search {
  /** @type {SolvingWorker[]} */
  #workers = [];

  /** @param {string} url of the worker's script */
  constructor(url) {
    this.url = url;
  }

  /** @param {string} challenge @returns {Promise<string | null>} null if this browser cannot */
  async solve(challenge) {
    try {
      const step = Math.min(MOST_WORKERS, browser.navigator.hardwareConcurrency ?? 1);
      const { parameters: riddle } = /** @type {{ parameters: object }} */ (read(challenge));
      return await Promise.any(
        Array.from({ length: step }, (_, start) => this.#ask({ riddle, start, step })),
      );
    } catch {
      return null;
    } finally {
      this.end();
    }
  }

  end() {
    for (const worker of this.#workers.splice(0)) worker.terminate();
  }

  /** @param {object} task @returns {Promise<string>} */
  #ask(task) {
    const worker = new browser.Worker(trusted(this.url), { type: 'module' });
    this.#workers.push(worker);
    return new Promise((resolve, reject) => {
      worker.addEventListener('message', ({ data }) => {
        if (typeof data === 'string') resolve(data);
        else reject(new Error('this worker cannot'));
      });
      worker.addEventListener('error', () => reject(new Error('no worker')));
      worker.postMessage(task);
    });
  }
}

/** @param {string} challenge base64url of JSON @returns {unknown} */
function read(challenge) {
  return JSON.parse(atob(challenge.replaceAll('-', '+').replaceAll('_', '/')));
}

/** Only our own scripts become workers, under `require-trusted-types-for 'script'` too. @param {string} url */
function trusted(url) {
  const { href, origin } = browser.location;
  if (new URL(url, href).origin !== origin) throw new Error('not ours');
  const policy = browser.trustedTypes?.createPolicy('signpost-anti-robot', { createScriptURL: (own) => own });
  return policy ? policy.createScriptURL(url) : url;
}

for (const form of browser.document.querySelectorAll('form[data-anti-robot]')) guard(form);

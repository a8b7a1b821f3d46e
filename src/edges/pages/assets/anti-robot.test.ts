import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createChallenge, verifySolution, type solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';

type Listener = (event: Record<string, unknown>) => void;

const secrets = { hmacSignatureSecret: 'one', hmacKeySignatureSecret: 'two' };
const challenge = await createChallenge({
  algorithm: 'PBKDF2/SHA-256',
  cost: 10,
  counter: 25,
  deriveKey,
  data: { issuedAt: 1 },
  ...secrets,
});
const text = Buffer.from(JSON.stringify(challenge)).toString('base64url');

/** Puts things where a browser has them, and takes them away again. */
function install(things: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(things)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}

let copies = 0;

/** Each time anew: both scripts begin as soon as they are loaded. */
async function load(script: string): Promise<void> {
  copies += 1;
  await import(`./${script}?${copies}`);
}

class FakeForm {
  readonly dataset: Record<string, string> = { patience: '20', worker: '/assets/worker.js' };
  readonly challenge = { value: text };
  readonly solution = { value: 'restored by the browser' };
  readonly status = {
    textContent: 'without script',
    dataset: {
      working: 'working',
      solved: 'solved',
      held: 'held',
      waiting: 'wait {seconds}',
      ready: 'ready',
    },
  };
  readonly sent: unknown[] = [];
  #onSubmit: Listener = () => undefined;

  querySelector(selector: string): unknown {
    if (selector === '[name=robotChallenge]') return this.challenge;
    return selector === '[name=robotSolution]' ? this.solution : this.status;
  }

  addEventListener(_type: string, listener: Listener): void {
    this.#onSubmit = listener;
  }

  requestSubmit(submitter: unknown): void {
    const hold = jest.fn();
    this.#onSubmit({ submitter, preventDefault: hold });
    if (hold.mock.calls.length === 0) this.sent.push(submitter);
  }
}

/** Workers whose answers the test gives. */
class FakeWorker {
  static made: FakeWorker[] = [];
  readonly tasks: unknown[] = [];
  isEnded = false;
  readonly #listeners: Record<string, Listener> = {};

  constructor(readonly url: unknown) {
    FakeWorker.made.push(this);
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners[type] = listener;
  }

  tell(type: string, data?: unknown): void {
    this.#listeners[type]?.({ data });
  }

  postMessage(task: unknown): void {
    this.tasks.push(task);
  }

  terminate(): void {
    this.isEnded = true;
  }
}

describe('the script of a form', () => {
  let form: FakeForm;

  beforeEach(() => {
    jest.useFakeTimers();
    FakeWorker.made = [];
    form = new FakeForm();
    install({
      document: { querySelectorAll: () => [form] },
      location: { href: 'https://broker.example.org/sign-up', origin: 'https://broker.example.org' },
      navigator: { hardwareConcurrency: 8 },
      Worker: FakeWorker,
      trustedTypes: { createPolicy: () => ({ createScriptURL: (url: string) => ({ trusted: url }) }) },
    });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('shares the counters among four workers and ends them at the first answer', async () => {
    await load('anti-robot.js');
    expect(form.status.textContent).toBe('working');
    expect(form.solution.value).toBe('');
    expect(FakeWorker.made.map(({ tasks }) => tasks)).toEqual(
      [0, 1, 2, 3].map((start) => [{ riddle: challenge.parameters, start, step: 4 }]),
    );
    expect(FakeWorker.made[0]?.url).toEqual({ trusted: '/assets/worker.js' });
    FakeWorker.made[1]?.tell('message', '25.ab');
    await jest.advanceTimersByTimeAsync(0);
    expect(form.solution.value).toBe('25.ab');
    expect(form.status.textContent).toBe('solved');
    expect(FakeWorker.made.every(({ isEnded }) => isEnded)).toBe(true);
  });

  it('holds a form that is sent too early and sends it, with its button, when it is solved', async () => {
    await load('anti-robot.js');
    form.requestSubmit('the button');
    expect(form.sent).toEqual([]);
    expect(form.status.textContent).toBe('held');
    FakeWorker.made[0]?.tell('message', '25.ab');
    await jest.advanceTimersByTimeAsync(0);
    expect(form.sent).toEqual(['the button']);
  });

  it('counts down where workers do not work, and sends after the wait', async () => {
    await load('anti-robot.js');
    for (const worker of FakeWorker.made)
      worker.tell(worker === FakeWorker.made[0] ? 'error' : 'message', null);
    await jest.advanceTimersByTimeAsync(0);
    expect(form.status.textContent).toBe('wait 20');
    await jest.advanceTimersByTimeAsync(5_000);
    expect(form.status.textContent).toBe('wait 15');
    form.requestSubmit('the button');
    await jest.advanceTimersByTimeAsync(15_000);
    expect(form.status.textContent).toBe('ready');
    expect(form.sent).toEqual(['the button']);
    expect(form.solution.value).toBe('');
  });

  it.each([
    ['there are no workers', { Worker: undefined }],
    ['the worker is not ours', { location: { href: 'https://a.example', origin: 'https://b.example' } }],
  ])('only waits where %s', async (_, things) => {
    install(things);
    await load('anti-robot.js');
    await jest.advanceTimersByTimeAsync(0);
    expect(form.status.textContent).toBe('wait 20');
  });

  it('only waits for a challenge it cannot read', async () => {
    form.challenge.value = 'nonsense';
    await load('anti-robot.js');
    await jest.advanceTimersByTimeAsync(20_000);
    expect(form.status.textContent).toBe('ready');
  });

  it('lets a form go after the wait when the work takes longer', async () => {
    await load('anti-robot.js');
    form.requestSubmit('the button');
    await jest.advanceTimersByTimeAsync(20_000);
    expect(form.sent).toEqual(['the button']);
    expect(FakeWorker.made.every(({ isEnded }) => isEnded)).toBe(true);
  });
});

describe('the worker', () => {
  const answer = async (task: object): Promise<unknown> => {
    const work = new Promise<unknown>((resolve) => {
      install({
        addEventListener: (_type: string, listener: Listener) => setImmediate(() => listener({ data: task })),
        postMessage: resolve,
      });
    });
    await load('anti-robot-worker.js');
    return work;
  };

  it('finds a solution that the library accepts', async () => {
    const [counter, derivedKey] = String(
      await answer({ riddle: challenge.parameters, start: 1, step: 4 }),
    ).split('.');
    const solution = { counter: Number(counter), derivedKey } as NonNullable<
      Awaited<ReturnType<typeof solveChallenge>>
    >;
    expect(solution.counter).toBe(25);
    expect((await verifySolution({ challenge, solution, deriveKey, ...secrets })).verified).toBe(true);
  });

  it('says that it cannot: for another kind of riddle', async () => {
    const riddle = { ...challenge.parameters, algorithm: 'SHA-256' };
    expect(await answer({ riddle, start: 0, step: 1 })).toBeNull();
  });
});

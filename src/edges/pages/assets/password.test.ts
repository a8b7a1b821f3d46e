import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

class FakeElement {
  dataset: Record<string, string> = {};
  textContent: string | null = null;
  className = '';
  value = '';
  type = '';
  form: FakeElement | null = null;
  readonly attributes: Record<string, string> = {};
  readonly children: FakeElement[] = [];
  readonly #listeners: [string, () => void][] = [];

  constructor(readonly id = '') {}

  querySelector(): FakeElement | null {
    return this.children[0] ?? null;
  }

  appendChild(child: FakeElement): void {
    this.children.push(child);
  }

  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
  }

  addEventListener(type: string, listener: () => void): void {
    this.#listeners.push([type, listener]);
  }

  happen(type: string): void {
    for (const [of, listener] of this.#listeners) if (of === type) listener();
  }
}

let copies = 0;

/** Each time anew: the script begins as soon as it is loaded. */
async function load(reveals: FakeElement[], typings: FakeElement[], fields: FakeElement[]): Promise<void> {
  const page = {
    querySelectorAll: (selector: string) => (selector === '[data-reveal]' ? reveals : typings),
    getElementById: (id: string) => fields.find((field) => field.id === id) ?? null,
    createElement: () => new FakeElement(),
  };
  Object.defineProperty(globalThis, 'document', { value: page, configurable: true });
  copies += 1;
  await import(`./password.js?${copies}`);
}

afterEach(() => {
  Reflect.deleteProperty(globalThis, 'document');
});

describe('the button that shows a password', () => {
  it('says what it does, shows, and hides before the form is sent', async () => {
    const [place, field] = [new FakeElement(), new FakeElement('password')];
    place.dataset = { show: 'Show', hide: 'Hide', showLabel: 'Show password', hideLabel: 'Hide password' };
    place.appendChild(field);
    field.form = new FakeElement();
    await load([place, new FakeElement()], [], []);
    const button = place.children[1]!;
    const state = (): unknown[] => [field.type, button.textContent, button.attributes['aria-label']];
    expect(button).toMatchObject({ type: 'button', className: 'reveal-button' });
    expect(button.attributes['aria-controls']).toBe('password');
    expect(state()).toEqual(['password', 'Show', 'Show password']);
    button.happen('click');
    expect(state()).toEqual(['text', 'Hide', 'Hide password']);
    button.happen('click');
    expect(state()).toEqual(['password', 'Show', 'Show password']);
    button.happen('click');
    field.form.happen('submit');
    expect(state()).toEqual(['password', 'Show', 'Show password']);
  });
});

describe('what is said while a new password is typed', () => {
  const fields = ['password', 'userName', 'email'].map((id) => new FakeElement(id));
  const [password, userName, email] = fields as [FakeElement, FakeElement, FakeElement];
  let status: FakeElement;

  beforeEach(async () => {
    jest.useFakeTimers();
    status = new FakeElement();
    status.dataset = {
      typing: 'password',
      min: '12',
      name: 'signpost',
      address: 'media.example.org media example org',
      missing: '{count} more characters',
      missingOne: 'One more character',
      enough: 'Long enough',
      serviceName: 'service name',
      serviceAddress: 'service address',
      userName: 'user name',
      email: 'e-mail',
    };
    [userName.value, email.value] = ['Marie.Curie', 'm.sklodowska@example.net'];
    await load([], [status, new FakeElement()], fields);
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    ['', ''],
    ['abc', '9 more characters'],
    ['abcdefghijk', 'One more character'],
    ['e\u0301'.repeat(11), 'One more character'],
    ['🐈🎸🌵🚲🦆🧭🪁🍋🧦🎈🛶', 'One more character'],
    ['correct horse', 'Long enough'],
    ['Signpost1234', 'Long enough'],
    ['SIGNPOST-signpost', 'service name'],
    ['Media.Example.Org', 'service address'],
    ['Marie.Curie86', 'user name'],
    ['M.Sklodowska24', 'e-mail'],
    ['m.sklodowska@example.net', 'e-mail'],
  ])('%j: %s', (typed, said) => {
    password.value = typed;
    password.happen('input');
    jest.runAllTimers();
    expect(status.textContent ?? '').toBe(said);
  });

  it('waits for a pause, and judges anew when the name changes', () => {
    password.value = 'Marie.Curie86';
    password.happen('input');
    jest.advanceTimersByTime(300);
    expect(status.textContent).toBeNull();
    jest.advanceTimersByTime(100);
    expect(status.textContent).toBe('user name');
    userName.value = 'somebody';
    userName.happen('input');
    jest.runAllTimers();
    expect(status.textContent).toBe('Long enough');
  });
});

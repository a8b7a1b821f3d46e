/**
 * Comfort for password fields; every form works without it.
 *
 * `[data-reveal]` around a field: a button that shows what was typed. `[data-typing]` below a new password: says while
 * typing what `PasswordPolicy` would refuse, as far as that can be told without its list.
 */

/** @typedef {{ value: string, type: string, id: string, addEventListener(type: string, listener: () => void): void, form: { addEventListener(type: string, listener: () => void): void } | null }} Field */
/**
 * @typedef {object} Element
 * @property {Record<string, string | undefined>} dataset
 * @property {string | null} textContent
 * @property {string} type
 * @property {string} className
 * @property {(selector: string) => Field | null} querySelector
 * @property {(child: Element) => void} appendChild
 * @property {(name: string, value: string) => void} setAttribute
 * @property {(type: string, listener: () => void) => void} addEventListener
 */
/**
 * What is used of the browser; the types of the whole DOM would be visible to the server's code as well.
 * @typedef {object} Page
 * @property {(selector: string) => Iterable<Element>} querySelectorAll
 * @property {(id: string) => Field | null} getElementById
 * @property {(tag: 'button') => Element} createElement
 */

const { document: page } = /** @type {{ document: Page }} */ (/** @type {unknown} */ (globalThis));
const { setTimeout, clearTimeout } = globalThis;

/** Screen readers are told when the typing pauses, not at each key. */
const PAUSE_MS = 400;
/** As `PasswordPolicy`: a word that makes up this share of a password leaves too little to guess. */
const SHARE = 0.75;

/** @param {Element} place */
function addReveal(place) {
  const field = place.querySelector('input');
  if (!field) return;
  const button = page.createElement('button');
  button.type = 'button';
  button.className = 'reveal-button';
  button.setAttribute('aria-controls', field.id);
  /** @param {boolean} shows */
  const set = (shows) => {
    field.type = shows ? 'text' : 'password';
    button.textContent = place.dataset[shows ? 'hide' : 'show'] ?? '';
    button.setAttribute('aria-label', place.dataset[shows ? 'hideLabel' : 'showLabel'] ?? '');
  };
  set(false);
  button.addEventListener('click', () => set(field.type === 'password'));
  // A browser remembers what was typed into a plain field, and password managers look for the other kind.
  field.form?.addEventListener('submit', () => set(false));
  place.appendChild(button);
}

/** @param {Element} status */
function judgeTyping(status) {
  const field = page.getElementById(status.dataset['typing'] ?? '');
  if (!field) return;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let pause;
  const judge = () => {
    clearTimeout(pause);
    pause = setTimeout(() => {
      status.textContent = verdict(field.value, status.dataset);
    }, PAUSE_MS);
  };
  for (const id of [field.id, 'userName', 'email']) page.getElementById(id)?.addEventListener('input', judge);
}

/** @param {string} password @param {Record<string, string | undefined>} words @returns {string} what to say */
function verdict(password, words) {
  if (password === '') return '';
  const missing = Number(words['min']) - Array.from(password.normalize('NFC')).length;
  if (missing === 1) return words['missingOne'] ?? '';
  if (missing > 0) return (words['missing'] ?? '').replace('{count}', String(missing));
  const text = folded(password);
  const [said] = contextWords(words).find(([, word]) => makesUp(word, text)) ?? ['enough'];
  return words[said] ?? '';
}

/** @param {Record<string, string | undefined>} words @returns {[string, string][]} what to say of each word */
function contextWords(words) {
  const [userName, email] = ['userName', 'email'].map((id) => folded(page.getElementById(id)?.value ?? ''));
  const [local] = (email ?? '').split('@');
  return [
    ['serviceName', words['name'] ?? ''],
    ...(words['address'] ?? '')
      .split(' ')
      .map((word) => /** @type {[string, string]} */ (['serviceAddress', word])),
    ['userName', userName ?? ''],
    ['email', email ?? ''],
    ['email', local ?? ''],
  ];
}

/** @param {string} word @param {string} text */
function makesUp(word, text) {
  if (word === '') return false;
  const rest = text.replaceAll(word, '');
  return rest !== text && text.length - rest.length >= SHARE * text.length;
}

/** @param {string} text */
function folded(text) {
  return text.normalize('NFKC').toLowerCase();
}

for (const place of page.querySelectorAll('[data-reveal]')) addReveal(place);
for (const status of page.querySelectorAll('[data-typing]')) judgeTyping(status);

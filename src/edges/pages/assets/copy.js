/**
 * Buttons that copy a text: `<button type="button" class="copy" data-copy="the text" data-done="Copied">`. They show
 * once this script runs, in the room that the style sheet keeps for them. An element `[data-copy-status]` is told to
 * those who do not see the button change.
 */

/** @typedef {{ dataset: Record<string, string | undefined>, textContent: string | null, classList: { add(name: string): void }, addEventListener(type: 'click', listener: () => void): void }} Button */
/** @typedef {{ value: string, select(): void, remove(): void, readOnly: boolean, className: string }} Area */
/**
 * What is used of the browser; the types of the whole DOM would be visible to the server's code as well.
 * @typedef {object} Browser
 * @property {{ querySelectorAll(selector: string): Iterable<Button>, querySelector(selector: string): { textContent: string | null } | null, createElement(name: 'textarea'): Area, execCommand(name: 'copy'): boolean, body: { append(area: Area): void } }} document
 * @property {{ clipboard?: { writeText(text: string): Promise<void> } }} navigator
 */

const { document, navigator } = /** @type {Browser} */ (/** @type {unknown} */ (globalThis));
const { setTimeout } = globalThis;

const SHOWN_MS = 2_000;

/** @param {string} text @returns {Promise<boolean>} */
async function copy(text) {
  try {
    if (!navigator.clipboard) return copyByHand(text);
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByHand(text);
  }
}

/** Browsers keep the clipboard from pages on plain http. @param {string} text */
function copyByHand(text) {
  const area = document.createElement('textarea');
  area.value = text;
  area.readOnly = true;
  area.className = 'unseen';
  document.body.append(area);
  area.select();
  const isDone = document.execCommand('copy');
  area.remove();
  return isDone;
}

/** @param {Button} button */
function confirm(button) {
  const label = button.textContent;
  const done = button.dataset['done'] ?? '';
  const status = document.querySelector('[data-copy-status]');
  button.textContent = done;
  if (status) status.textContent = done;
  setTimeout(() => {
    button.textContent = label;
    if (status) status.textContent = '';
  }, SHOWN_MS);
}

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.addEventListener('click', () => {
    void copy(button.dataset['copy'] ?? '').then((isDone) => {
      // A second click while it says so would take "Copied" for the label.
      if (isDone && button.textContent !== button.dataset['done']) confirm(button);
    });
  });
  button.classList.add('ready');
}

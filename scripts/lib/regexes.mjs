/** Finds the regular expressions of a file and says which of them can be made to take long (S-102). */
import { check } from 'recheck';
import ts from 'typescript';

/** Longer than any takes; one that cannot be judged in this time counts as bad. */
const PATIENCE_MS = 10_000;

/** Methods of strings that make a regular expression of a string. */
const FROM_STRING = new Set(['match', 'matchAll', 'search']);

/** @typedef {{ place: string, text: string, pattern: string | null, flags: string }} Regex null: known only when it runs */

/**
 * @param {string} source @param {string} file its name, as it is said
 * @returns {Regex[]} literals, what `RegExp` is called with, and every other use of `RegExp` as a value
 */
export function regexesIn(source, file) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  /** @type {Regex[]} */
  const found = [];
  /** @param {import('typescript').Node} node */
  const visit = (node) => {
    const read = ts.isRegularExpressionLiteral(node) ? literal(node.text) : made(node);
    if (read) {
      const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
      found.push({ place: `${file}:${line + 1}`, text: node.getText(), ...read });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** @typedef {Pick<Regex, 'pattern' | 'flags'>} Read */

/** @param {string} text @returns {Read} */
function literal(text) {
  const end = text.lastIndexOf('/');
  return { pattern: text.slice(1, end), flags: text.slice(end + 1) };
}

/** @param {import('typescript').Node} node @returns {Read | null} */
function made(node) {
  if (isConstruction(node)) return constant(node.arguments ?? []);
  if (isOtherUse(node)) return { pattern: null, flags: '' };
  return ts.isCallExpression(node) ? fromString(node) : null;
}

/** @param {import('typescript').CallExpression} call @returns {Read | null} */
function fromString({ expression, arguments: [given] }) {
  const isMethod = ts.isPropertyAccessExpression(expression) && FROM_STRING.has(expression.name.text);
  return isMethod && given && isText(given) ? constant([given]) : null;
}

/**
 * `new RegExp(…)` or `RegExp(…)`.
 * @param {import('typescript').Node} node
 * @returns {node is import('typescript').NewExpression | import('typescript').CallExpression}
 */
const isConstruction = (node) =>
  (ts.isNewExpression(node) || ts.isCallExpression(node)) && isName(node.expression);

/** `RegExp` as a value, unless something is only compared with it. @param {import('typescript').Node} node */
const isOtherUse = (node) =>
  isName(node) &&
  !isConstruction(node.parent) &&
  !ts.isTypeNode(node.parent) &&
  !(ts.isBinaryExpression(node.parent) && node.parent.right === node);

/** @param {import('typescript').Node} node */
const isName = (node) => ts.isIdentifier(node) && node.text === 'RegExp';

/** @param {import('typescript').Node} node */
const isText = (node) => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);

/** @param {readonly import('typescript').Expression[]} given @returns {Read} */
function constant(given) {
  const [pattern = '(?:)', flags = ''] = given.map((one) => (ts.isStringLiteralLike(one) ? one.text : null));
  return flags === null ? { pattern: null, flags: '' } : { pattern, flags };
}

/** @param {Regex} regex @returns {Promise<string | null>} what is wrong with it */
async function complaint({ pattern, flags }) {
  if (pattern === null) return 'cannot be judged before it runs: write it as a literal';
  const result = await check(pattern, flags, { timeout: PATIENCE_MS });
  if (result.status === 'safe') return null;
  if (result.status === 'unknown') return `could not be judged: ${result.error.kind}`;
  return `${result.complexity.summary}, for instance on ${result.attack.pattern}`;
}

/** @param {readonly Regex[]} regexes @returns {Promise<string[]>} a line for each bad one */
export async function complaints(regexes) {
  const lines = [];
  for (const regex of regexes) {
    const what = await complaint(regex);
    if (what !== null) lines.push(`${regex.place} ${regex.text}\n    ${what}`);
  }
  return lines;
}

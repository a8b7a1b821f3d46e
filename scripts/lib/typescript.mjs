/**
 * Doubles of the tests for scripts: they are TypeScript, and Node 20 reads JavaScript only. Types are not checked here;
 * `npm run check` does that.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inCheckout } from './checkout.mjs';

/**
 * Compiles files into a folder, laid out as in the checkout, so that they find each other there.
 * @param {string} folder @param {readonly string[]} files below the checkout
 * @returns {Promise<(file: string) => Promise<unknown>>} imports one of them
 */
export async function compileInto(folder, files) {
  // Imported late: on a fresh clone it is not there when this file is read.
  const { default: ts } = await import('typescript');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}\n');
  const compiled = (/** @type {string} */ file) => path.join(folder, file.replace(/\.ts$/, '.js'));
  for (const file of files) {
    const { outputText } = ts.transpileModule(readFileSync(inCheckout(file), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
      },
    });
    mkdirSync(path.dirname(compiled(file)), { recursive: true });
    writeFileSync(compiled(file), outputText);
  }
  return (file) => /** @type {Promise<unknown>} */ (import(pathToFileURL(compiled(file)).href));
}

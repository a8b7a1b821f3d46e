/**
 * The compiled modules of `src` and the packages they use → a few files. Finding and opening two thousand files of packages
 * was most of a start (P-8); what nobody uses is left out, because the text of everything that is loaded stays in memory (P-9).
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './checkout.mjs';

/** Stay packages: native code, what starts threads from files of its own, and what NestJS would take without an adapter. */
const OUTSIDE = ['better-sqlite3', 'piscina', '@nestjs/platform-express'];

/** Never reached by this program: each is replaced by classes that say so when somebody makes one. */
const UNUSED = [
  // Databases of TypeORM that are none of ours.
  /\/typeorm\/driver\/(?!better-sqlite3|postgres|sqlite-abstract|types)[^/]+\//,
  // JSON schemas of routes, of which Fastify is told that there are none.
  /\/(@fastify\/ajv-compiler|@fastify\/fast-json-stringify-compiler)\//,
  // Phone numbers, for a rule of class-validator.
  /\/libphonenumber-js\//,
];

const LEFT_OUT = `module.exports = new Proxy({}, { get: (_, name) => class {
  constructor() { throw new Error(\`\${String(name)} is not in the bundle (scripts/lib/bundle.mjs)\`); }
} });`;

/** @typedef {import('rolldown').Plugin} Plugin */

/** @type {Plugin} */
const leaveOut = {
  name: 'leave-out',
  load: {
    filter: { id: UNUSED },
    handler: () => ({ code: LEFT_OUT, moduleType: 'js' }),
  },
};

/**
 * Modules find their assets and workers beside themselves: they are told that they still are where they were.
 * @param {string} compiled absolute @param {string} folder of the bundle
 * @returns {Plugin}
 */
const keepPlaces = (compiled, folder) => ({
  name: 'keep-places',
  load: {
    filter: { id: `${compiled}/**` },
    handler(id) {
      const place = `new URL(${JSON.stringify(`./${path.relative(folder, id)}`)}, import.meta.url).href`;
      const code = readFileSync(id, 'utf8').replaceAll('import.meta.url', place);
      return { code, map: readFileSync(`${id}.map`, 'utf8') };
    },
  },
});

/** @param {string} code @returns {string} the same program: nothing here reads raw templates */
const inAscii = (code) =>
  code.replace(/(\\*)([^\0-\x7f])/g, (_, slashes, unit) => {
    // An escape of the letter itself goes, or its backslash would escape ours.
    const before = String(slashes).slice(String(slashes).length % 2);
    return `${before}\\u${String(unit).charCodeAt(0).toString(16).padStart(4, '0')}`;
  });

/** A text with one letter beyond Latin takes two bytes a letter in memory. @type {Plugin} */
const oneByteLetters = {
  name: 'one-byte-letters',
  generateBundle(_options, files) {
    for (const file of Object.values(files)) if (file.type === 'chunk') file.code = inAscii(file.code);
  },
};

/**
 * @param {string} compiled the folder of compiled modules
 * @param {string} folder where the bundle goes; `compiled` lies in it
 * @param {readonly string[]} entries names of modules that are programs
 */
export async function bundle(compiled, folder, entries) {
  // Imported late: on a fresh clone it is not there when this file is read.
  const { rolldown } = await import('rolldown');
  const built = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((name) => [name, path.join(compiled, `${name}.js`)])),
    platform: 'node',
    external: OUTSIDE,
    plugins: [leaveOut, keepPlaces(compiled, folder), oneByteLetters],
    // Optional packages of packages, which we do not have.
    logLevel: 'silent',
  });
  await built.write({
    dir: folder,
    format: 'esm',
    chunkFileNames: '[name].js',
    // Nest and TypeORM tell classes by their names.
    keepNames: true,
    comments: false,
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
}

/** `.env.example`, made from the settings themselves. */

/** @typedef {import('../../src/config/setting.js').Setting<unknown>} Setting */

const WIDTH = 100;

const head = `# Settings of Signpost. None is needed to try it. To change one, copy this file to .env and remove
# the sign in front of its name; a variable of the environment outranks .env. Settings that hold
# secrets can also be given as a file: NAME_FILE=/run/secrets/name instead of NAME. Lifetimes are in
# seconds.
#
# Made by \`npm run generate\` from src/config/settings; changes here are lost.
`;

/** @param {Record<string, Record<string, Setting>>} sections in the order of the file @returns {string} */
export function environmentExample(sections) {
  const parts = Object.entries(sections).map(([title, settings]) =>
    [`# ── ${title} ──`, ...Object.values(settings).map(describe)].join('\n\n'),
  );
  return `${[head.trimEnd(), ...parts].join('\n\n')}\n`;
}

/** @param {Setting} setting @returns {string} */
function describe({ name, fallback, fallbackInWords, meaning, secret }) {
  const secretly = secret ? ` Secret: also as ${name}_FILE.` : '';
  const standard = fallbackInWords ?? (fallback === '' ? 'unset' : fallback);
  const comment = wrap(`${meaning}${secretly} Default: ${standard}`);
  return [...comment, `#${name}=${fallbackInWords === undefined ? fallback : ''}`].join('\n');
}

/** @param {string} text @returns {string[]} comment lines */
function wrap(text) {
  /** @type {string[]} */
  const lines = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH && line !== '#') {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

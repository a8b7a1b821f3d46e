/**
 * Tries keys until one begins as the challenge wants: the browser's half of `platform/anti-robot`, as altcha-lib's
 * workers do it. A module worker; answers `<counter>.<key>`, or null if it cannot work here (no secure context).
 */

/** @typedef {{ algorithm: string, nonce: string, salt: string, cost: number, keyLength: number, keyPrefix: string }} Riddle */
/** @typedef {{ riddle: Riddle, start: number, step: number }} Task counters start, start + step, … are this worker's */

const scope =
  /** @type {{ addEventListener(type: 'message', listener: (event: { data: Task }) => void): void, postMessage(answer: string | null): void }} */ (
    /** @type {unknown} */ (globalThis)
  );

scope.addEventListener('message', ({ data }) => {
  solve(data).then(
    (solution) => scope.postMessage(solution),
    () => scope.postMessage(null),
  );
});

/** @param {Task} task @returns {Promise<string>} */
async function solve({ riddle, start, step }) {
  if (riddle.algorithm !== 'PBKDF2/SHA-256') throw new Error('another kind of riddle');
  const nonce = bytes(riddle.nonce);
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  const counterAtEnd = new DataView(password.buffer, nonce.length);
  const salt = bytes(riddle.salt);
  for (let counter = start; ; counter += step) {
    counterAtEnd.setUint32(0, counter);
    const key = hex(await derive(password, salt, riddle));
    if (key.startsWith(riddle.keyPrefix)) return `${counter}.${key}`;
  }
}

/** @param {Uint8Array<ArrayBuffer>} password @param {Uint8Array<ArrayBuffer>} salt @param {Riddle} riddle */
async function derive(password, salt, { cost, keyLength }) {
  const { subtle } = globalThis.crypto;
  const material = await subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
  const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: cost };
  return new Uint8Array(await subtle.deriveBits(algorithm, material, keyLength * 8));
}

/** @param {string} text hex digits */
function bytes(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** @param {Uint8Array} key */
function hex(key) {
  return Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

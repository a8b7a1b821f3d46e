// QR codes for a terminal, as small as can be: always version 5, error correction L, mask 0 (ISO/IEC 18004).
const SIZE = 37;
const DATA = 108;
const CORRECTION = 26;
const FORMAT = '111011111000100'; // L, mask 0

/** The code as text, two rows of modules a line; null if the text is longer than 106 bytes. */
export function qrCode(text) {
  const grid = modules(text);
  if (!grid) return null;
  const isDark = (x, y) => grid[y]?.[x] ?? false;
  const lines = [];
  for (let y = -4; y < SIZE + 4; y += 2) {
    let line = '';
    for (let x = -4; x < SIZE + 4; x += 1)
      line += ' ▄▀█'[(isDark(x, y) ? 2 : 0) + (isDark(x, y + 1) ? 1 : 0)];
    lines.push(`\x1b[30;107m${line}\x1b[0m`); // black on white, whatever the terminal's colours
  }
  return lines.join('\n');
}

/** Rows of booleans, true for dark; null if the text is too long. */
export function modules(text) {
  const content = [...Buffer.from(text)];
  if (content.length > DATA - 2) return null;
  const bits = withCorrection(dataBytes(content)).flatMap((byte) => bitsOf(byte));
  const grid = Array.from({ length: SIZE }, (_, y) => Array.from({ length: SIZE }, (_, x) => fixed(x, y)));
  writeFormat(grid);
  // Upwards and downwards in columns of two, from the right; the vertical timing line is no column.
  for (let right = SIZE - 1, goesUp = true; right > 0; right -= right === 8 ? 3 : 2, goesUp = !goesUp) {
    for (let step = 0; step < SIZE; step += 1) {
      const y = goesUp ? SIZE - 1 - step : step;
      for (const x of [right, right - 1]) grid[y][x] ??= Boolean(bits.shift()) !== ((x + y) % 2 === 0);
    }
  }
  return grid;
}

const bitsOf = (byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((at) => (byte >> at) & 1);

/** "Bytes follow" (0100), how many, the bytes, an end (0000), padding. */
function dataBytes(content) {
  const hex = Buffer.from([content.length, ...content]).toString('hex');
  return [...Buffer.from(`4${hex}0${'ec11'.repeat(DATA)}`.slice(0, 2 * DATA), 'hex')];
}

/** Reed-Solomon: the remainder of the division by the generator polynomial, over GF(256). */
function withCorrection(data) {
  const power = [1];
  while (power.length < 255) power.push((power.at(-1) * 2) ^ (power.at(-1) > 127 ? 0x11d : 0));
  const times = (a, b) => (a && b ? power[(power.indexOf(a) + power.indexOf(b)) % 255] : 0);
  let divisor = [1];
  for (let at = 0; at < CORRECTION; at += 1) {
    divisor = [...divisor, 0].map((factor, place) => factor ^ times(divisor[place - 1] ?? 0, power[at]));
  }
  const rest = [...data, ...new Array(CORRECTION).fill(0)];
  for (let at = 0; at < DATA; at += 1) {
    const lead = rest[at];
    divisor.forEach((factor, place) => (rest[at + place] ^= times(factor, lead)));
  }
  return [...data, ...rest.slice(DATA)];
}

/** What every code has: three finders with a light frame, one alignment square, two timing lines, one dark module. */
function fixed(x, y) {
  const away = (cx, cy) => Math.max(Math.abs(x - cx), Math.abs(y - cy));
  const finder = Math.min(away(3, 3), away(SIZE - 4, 3), away(3, SIZE - 4));
  if (finder < 5) return finder !== 2 && finder !== 4;
  const alignment = away(SIZE - 7, SIZE - 7);
  if (alignment < 3) return alignment !== 1;
  if (x === 8 && y === SIZE - 8) return true;
  return x === 6 || y === 6 ? (x + y) % 2 === 0 : undefined;
}

/** Twice: around the finder at the top left, and beside the two others. */
function writeFormat(grid) {
  [...FORMAT].forEach((bit, at) => {
    const isDark = bit === '1';
    const around = at < 6 ? [at, 8] : at < 8 ? [at + 1, 8] : at === 8 ? [8, 7] : [8, 14 - at];
    const beside = at < 7 ? [8, SIZE - 1 - at] : [SIZE - 15 + at, 8];
    for (const [x, y] of [around, beside]) grid[y][x] = isDark;
  });
}

/**
 * Makes a screenshot light: as PNG with a palette of at most 256 colours, which is what a page of text has but for the
 * edges of its letters. Reads what Chromium writes: 8 bits, RGB or RGBA, not interlaced.
 */
import { Buffer } from 'node:buffer';
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');
const mostColours = 256;

/** @typedef {{ width: number, height: number, colours: Uint32Array }} Picture 0xRRGGBB, row by row */

/** @param {Buffer} png @returns {Map<string, Buffer>} name → bytes of all chunks of that name */
function chunksOf(png) {
  /** @type {Map<string, Buffer>} */
  const chunks = new Map();
  for (let at = signature.length; at < png.length;) {
    const [length, name] = [png.readUInt32BE(at), png.toString('latin1', at + 4, at + 8)];
    const bytes = png.subarray(at + 8, at + 8 + length);
    chunks.set(name, Buffer.concat([chunks.get(name) ?? Buffer.alloc(0), bytes]));
    at += length + 12;
  }
  return chunks;
}

/** The predictor that fits best, of the specification (9.4). @param {number} a @param {number} b @param {number} c */
function paeth(a, b, c) {
  const [toA, toB, toC] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  if (toA <= toB && toA <= toC) return a;
  return toB <= toC ? b : c;
}

/** By filter type: what a byte was foretold as from its left, upper and upper left neighbours. */
const foretold = /** @type {((a: number, b: number, c: number) => number)[]} */ ([
  () => 0,
  (a) => a,
  (_a, b) => b,
  (a, b) => (a + b) >> 1,
  paeth,
]);

/**
 * @param {Buffer} row filtered, changed in place
 * @param {Buffer} above @param {number} filter its type @param {number} step bytes of a pixel
 */
function unfilter(row, above, filter, step) {
  const predict = foretold[filter] ?? paeth;
  /** @param {Buffer} bytes @param {number} at @returns {number} 0 beyond the edge */
  const byte = (bytes, at) => (at < 0 ? 0 : bytes.readUInt8(at));
  for (let x = 0; x < row.length; x += 1) {
    const guess = predict(byte(row, x - step), byte(above, x), byte(above, x - step));
    row[x] = (byte(row, x) + guess) & 0xff;
  }
}

/** @param {Buffer} filtered @param {number} height @param {number} step bytes of a pixel @returns {Buffer[]} rows */
function unfiltered(filtered, height, step) {
  const length = filtered.length / height - 1;
  /** @type {Buffer[]} */
  const rows = [];
  for (let start = 0; start < filtered.length; start += length + 1) {
    const row = Buffer.from(filtered.subarray(start + 1, start + 1 + length));
    unfilter(row, rows.at(-1) ?? Buffer.alloc(length), filtered.readUInt8(start), step);
    rows.push(row);
  }
  return rows;
}

/** @param {Buffer} png @returns {Picture} */
function decode(png) {
  const chunks = chunksOf(png);
  const header = chunks.get('IHDR') ?? Buffer.alloc(13);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const step = header[9] === 6 ? 4 : 3;
  const rows = unfiltered(inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0)), height, step);
  const colours = new Uint32Array(width * height);
  rows.forEach((row, y) => {
    for (let x = 0; x < width; x += 1) colours[y * width + x] = row.readUIntBE(x * step, 3);
  });
  return { width, height, colours };
}

/** The colours that are used most. @param {Uint32Array} colours @returns {number[]} */
function paletteOf(colours) {
  /** @type {Map<number, number>} */
  const uses = new Map();
  for (const colour of colours) uses.set(colour, (uses.get(colour) ?? 0) + 1);
  const often = [...uses].sort((one, other) => other[1] - one[1]);
  return often.slice(0, mostColours).map(([colour]) => colour);
}

/** @param {number} one @param {number} other @returns {number} */
function distance(one, other) {
  const parts = [16, 8, 0].map((shift) => ((one >> shift) & 0xff) - ((other >> shift) & 0xff));
  return parts.reduce((sum, part) => sum + part * part, 0);
}

/** @param {readonly number[]} palette @returns {(colour: number) => number} index of the nearest colour */
function finder(palette) {
  const known = new Map(palette.map((colour, index) => [colour, index]));
  return (colour) => {
    let index = known.get(colour);
    if (index === undefined) {
      const distances = palette.map((candidate) => distance(candidate, colour));
      index = distances.indexOf(Math.min(...distances));
      known.set(colour, index);
    }
    return index;
  };
}

/** @param {string} name @param {Buffer} bytes @returns {Buffer} */
function chunk(name, bytes) {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), bytes]);
  const framed = Buffer.alloc(bytes.length + 12);
  framed.writeUInt32BE(bytes.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}

/** @param {Buffer} png @returns {Buffer} the same picture, lighter */
export function lighter(png) {
  const { width, height, colours } = decode(png);
  const palette = paletteOf(colours);
  const indexOf = finder(palette);
  const rows = Buffer.alloc((width + 1) * height);
  colours.forEach((colour, at) => {
    rows[at + Math.floor(at / width) + 1] = indexOf(colour);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const parts = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff]));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', parts),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** How the demo tells its story: numbered sentences, and below each what went over the wire, in short. */
import { Stop } from '../lib/say.mjs';

/** @typedef {import('./simulator.mjs').Exchange} Exchange */

const widest = 132;

/** Keys, tokens, ids: the beginning is enough to recognise them. @param {string} text */
const shortened = (text) =>
  text.replace(/\b([0-9a-f]{6})[0-9a-f]{10,}\b/g, '$1…').replace(/\b(rawpw|password)=[^&]*/g, '$1=…');

/** @param {string} text */
const cut = (text) => {
  const points = Array.from(text);
  return points.length <= widest ? text : `${points.slice(0, widest - 1).join('')}…`;
};

/** @param {Exchange} exchange @returns {string} the header that says who calls, if there is one */
function credential({ requestHeaders }) {
  const names = ['x-connect-token', 'x-connect-usertoken', 'x-emby-token'];
  const found = Object.entries(requestHeaders).find(([name]) => names.includes(name.toLowerCase()));
  return found === undefined ? '' : `   [${found[0]}: ${found[1]}]`;
}

/** HTML is for eyes: its title says enough. @param {string} body */
const gist = (body) => {
  const title = /<title>([^<]*)<\/title>/i.exec(body)?.[1];
  return title === undefined ? body : `page “${title.trim()}”`;
};

/** @param {Exchange} exchange */
function showExchange(exchange) {
  const { method, path, requestBody, status, responseBody } = exchange;
  const host = exchange.direction === 'to-media-server' ? '(media server) ' : '';
  console.log(cut(`      → ${host}${shortened(`${method} ${path}${credential(exchange)}`)}`));
  if (requestBody !== '') console.log(cut(`        ${shortened(requestBody)}`));
  console.log(cut(`      ← ${status ?? 'no answer'} ${shortened(gist(responseBody))}`.trimEnd()));
}

export class Story {
  #steps = 0;
  #told = false;
  /** @type {(readonly Exchange[])[]} */
  #records = [];
  /** How many exchanges of each record were shown. @type {number[]} */
  #shown = [];

  /** How many steps there were. */
  get steps() {
    return this.#steps;
  }

  /** Everything in these records is shown, as it comes. @param {readonly Exchange[]} record */
  follow(record) {
    this.#records.push(record);
    this.#shown.push(0);
  }

  /** Says something about the current step. @param {string} text */
  tell(text) {
    this.#wire();
    console.log(cut(`    ${shortened(text)}`));
  }

  /**
   * One step: its sentence first, then what happened. A failure is told with the sentence.
   * @template T
   * @param {string} sentence
   * @param {() => Promise<T>} act
   * @returns {Promise<T>}
   */
  async step(sentence, act) {
    if (this.#told) throw new Stop('the demo was ended');
    this.#steps += 1;
    console.log(`\n${String(this.#steps).padStart(2)}. ${sentence}`);
    try {
      return await act();
    } catch (error) {
      this.#wire();
      const why = error instanceof Error ? error.message : String(error);
      throw new Stop(`step ${this.#steps} failed (${sentence}): ${why}`);
    } finally {
      this.#wire();
    }
  }

  /** No further step is begun. */
  end() {
    this.#told = true;
  }

  /** Shows what was not shown yet. What a media server heard from a device, the device's record has too. */
  #wire() {
    this.#records.forEach((record, index) => {
      for (const exchange of record.slice(this.#shown[index])) {
        if (exchange.direction !== 'from-device') showExchange(exchange);
      }
      this.#shown[index] = record.length;
    });
  }
}

/**
 * @param {boolean} holds
 * @param {string} claim what should be so
 */
export function expect(holds, claim) {
  if (!holds) throw new Stop(`expected that ${claim}`);
}

/**
 * What clients saw of one link, as operations that can be judged. A link is `none`, `waiting KEY` or `accepted KEY`; every
 * asking brings a key of its own, so that an answer says which of them it comes from.
 */

/** @typedef {import('./linearizable.mjs').Operation} Operation */

/**
 * @typedef {object} Seen
 * @property {'ask' | 'accept' | 'end' | 'device list' | 'server list'} what
 * @property {string} [key] that was asked with
 * @property {number} node
 * @property {number} from when it was begun, in milliseconds by the clock of all clients
 * @property {number} until when the answer was there
 * @property {string | null} answer null: none, or 503, which says nothing about what became of it. Of writes the state that
 *   they left (`waiting`, `accepted`), or found (`none`), or `ended`; of the server's list the state of the link; of a device's
 *   list the key that it shows, or ''
 */

/** What nobody knows may still happen for so long: more than the longest fault and all time-outs together. */
const LATEST_MS = 15_000;

/** @param {Seen} seen @param {number} [stale] for how long a list may be out of date, in milliseconds @returns {Operation} */
export function operationOf(seen, stale = 0) {
  const { what, node, from, until, answer } = seen;
  const isKnown = answer !== null;
  return {
    from: from - stale,
    until: isKnown ? until : until + LATEST_MS,
    isKnown,
    isRead: what.endsWith('list'),
    apply: (state) => (isKnown && !isRight(seen, state) ? null : AFTER[what](state, seen)),
    effect: `${what} ${seen.key ?? ''}`,
    words: `${from.toFixed(0)}–${until.toFixed(0)} ms, node ${node}: ${what} ${seen.key ?? ''} → ${answer ?? 'unknown'}`,
  };
}

/** @type {Record<Seen['what'], (state: string, seen: Seen) => string>} */
const AFTER = {
  ask: (state, { key }) => `${state.startsWith('accepted') ? 'accepted' : 'waiting'} ${key}`,
  accept: (state) => state.replace(/^waiting/, 'accepted'),
  end: () => 'none',
  'device list': (state) => state,
  'server list': (state) => state,
};

/** Whether that answer is right in that state. @param {Seen} seen @param {string} state */
function isRight({ what, answer }, state) {
  const [kind = '', key = ''] = state.split(' ');
  return answer === ANSWERS[what](kind, key);
}

/** @type {Record<Seen['what'], (kind: string, key: string) => string>} */
const ANSWERS = {
  ask: (kind) => (kind === 'accepted' ? 'accepted' : 'waiting'),
  accept: (kind) => (kind === 'none' ? 'none' : 'accepted'),
  end: (kind) => (kind === 'none' ? 'none' : 'ended'),
  'device list': (kind, key) => (kind === 'accepted' ? key : ''),
  'server list': (kind, key) => `${kind} ${key}`.trimEnd(),
};

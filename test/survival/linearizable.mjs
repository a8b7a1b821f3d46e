/**
 * Whether what clients saw of one object can be explained: is there an order of all operations, each at one moment
 * between its `from` and its `until`, in which every answer is right? (Wing and Gong 1993, with what Lowe 2017 adds: an
 * operation is put in its place only when somebody's `until` makes it necessary.)
 *
 * A read that may be `stale` for so long is a read that began so much earlier: its value was current at some moment in
 * [from - stale, until]. Pure: no clock, no broker.
 */

/**
 * @typedef {object} Operation
 * @property {number} from it was not done before, in milliseconds
 * @property {number} until it was done by then
 * @property {boolean} isKnown false: nobody knows whether it was done at all
 * @property {(state: string) => string | null} apply the state that comes of it; null: its answer would be wrong in this one
 * @property {boolean} isRead leaves every state as it is
 * @property {string} effect the same for operations that do the same, whatever the state
 * @property {string} words for people
 */

/** A way in which all may have happened so far. @typedef {{ state: string, done: ReadonlySet<Operation> }} Way */

/** @typedef {{ unexplained: Operation, states: string[], before: Operation[] }} Violation `states`: what it may have been then */

/** So many ways to one state are more than a checker should follow: the history has to be made of shorter ones. */
const MOST_WAYS = 1_000;
/** How much of what happened before is shown. */
const SHOWN = 12;

/** @param {readonly Operation[]} operations of one object @param {string} initial @returns {Violation | null} */
export function violationIn(operations, initial) {
  /** @type {Way[]} */
  let ways = [{ state: initial, done: new Set() }];
  /** @type {Set<Operation>} */
  const open = new Set();
  for (const { operation, isEnd } of events(operations)) {
    if (!isEnd) {
      open.add(operation);
      continue;
    }
    const states = [...new Set(ways.map(({ state }) => state))];
    if (operation.isKnown) ways = waysThrough(operation, ways, open);
    if (ways.length === 0)
      return { unexplained: operation, states, before: lately(operations, operation.until) };
    open.delete(operation);
    const left = new Ways();
    for (const { state, done } of ways) left.add({ state, done: without(done, operation) });
    ways = left.all;
  }
  return null;
}

/** In the order of time; at the same moment what begins comes first. @param {readonly Operation[]} operations */
function events(operations) {
  return operations
    .flatMap((operation) => [
      { operation, isEnd: false, at: operation.from },
      { operation, isEnd: true, at: operation.until },
    ])
    .sort((one, other) => one.at - other.at || Number(one.isEnd) - Number(other.isEnd));
}

/**
 * All ways that go on until `operation` is done, and not further.
 * @param {Operation} operation @param {readonly Way[]} ways @param {ReadonlySet<Operation>} open
 */
function waysThrough(operation, ways, open) {
  const met = new Ways();
  let current = ways.map((way) => withReads(way, open)).filter((way) => met.add(way));
  while (current.length > 0) {
    const unfinished = current.filter(({ done }) => !done.has(operation));
    current = unfinished.flatMap((way) => stepsFrom(way, open)).filter((way) => met.add(way));
  }
  return met.all.filter(({ done }) => done.has(operation));
}

/** One more write each. @param {Way} way @param {ReadonlySet<Operation>} open @returns {Way[]} */
function stepsFrom({ state, done }, open) {
  const steps = [];
  for (const operation of nextOf(open, done)) {
    const after = operation.apply(state);
    if (after !== null) steps.push(withReads({ state: after, done: new Set([...done, operation]) }, open));
  }
  return steps;
}

/**
 * Writes that are not done. Of those that nobody knows of and that do the same, the one that can wait least: it is as good
 * as any of the others.
 * @param {ReadonlySet<Operation>} open @param {ReadonlySet<Operation>} done
 */
function nextOf(open, done) {
  /** @type {Map<string | Operation, Operation>} */
  const next = new Map();
  for (const operation of open) {
    if (operation.isRead || done.has(operation)) continue;
    const name = operation.isKnown ? operation : operation.effect;
    const rival = next.get(name);
    if (rival === undefined || operation.until < rival.until) next.set(name, operation);
  }
  return next.values();
}

/** A read that fits is never better put off: it changes nothing. @param {Way} way @param {ReadonlySet<Operation>} open @returns {Way} */
function withReads({ state, done }, open) {
  const reads = [...open].filter(({ isRead, apply }) => isRead && apply(state) !== null);
  return { state, done: new Set([...done, ...reads]) };
}

/** @param {ReadonlySet<Operation>} done @param {Operation} operation @returns {ReadonlySet<Operation>} */
function without(done, operation) {
  const rest = new Set(done);
  rest.delete(operation);
  return rest;
}

/** Ways, without those that another one is at least as good as. */
class Ways {
  /** @type {Map<string, Way[]>} */
  #byState = new Map();

  get all() {
    return [...this.#byState.values()].flat();
  }

  /** @param {Way} way @returns {boolean} whether it leads to something new */
  add(way) {
    const rivals = this.#byState.get(way.state) ?? [];
    if (rivals.some((rival) => isAsGoodAs(rival, way))) return false;
    const others = rivals.filter((rival) => !isAsGoodAs(way, rival));
    if (others.length >= MOST_WAYS) throw new Error('too many ways: the history is too long to be judged');
    this.#byState.set(way.state, [...others, way]);
    return true;
  }
}

/**
 * In the same state: with everything done that had to be, with the same known writes (one that is done cannot be done any
 * more), and with no more of what nobody knows used up for it.
 * @param {Way} one @param {Way} other
 */
function isAsGoodAs(one, other) {
  for (const operation of other.done) {
    if (operation.isKnown && !one.done.has(operation)) return false;
  }
  for (const operation of one.done) {
    if (!operation.isRead && !other.done.has(operation)) return false;
  }
  return true;
}

/** @param {readonly Operation[]} operations @param {number} until */
function lately(operations, until) {
  const begun = operations.filter(({ from }) => from <= until);
  return begun.sort((one, other) => one.from - other.from).slice(-SHOWN);
}

import type { Readiness } from '../http/readiness.js';
import type { Log } from '../logging/log.js';
import { LACKS_NOTHING, type Connections, type Lack } from './connections.js';

/** What the log says, to whoever has to mend it. */
const WORDS: Readonly<Record<Lack, string>> = {
  'database-writes': 'the database takes no writes: it is a standby, or default_transaction_read_only is on',
  'database-tables': 'tables are missing in the database',
};
const PARTS = Object.keys(WORDS) as Lack[];

/** Whether the broker can serve with a database that answers, as it was seen last: a health check asks nothing. */
export class Fitness {
  #lacks = LACKS_NOTHING;

  constructor(
    private readonly connections: Connections,
    private readonly log: Log,
  ) {}

  requiredBy(readiness: Readiness): void {
    for (const part of PARTS) {
      readiness.require(part, () =>
        this.#lacks.has(part) ? Promise.reject(new Error(WORDS[part])) : Promise.resolve(),
      );
    }
  }

  /** Does not throw: while the database does not answer, that is what is missing, and what it was seen to lack stays. */
  async look(): Promise<void> {
    const before = this.#lacks;
    this.#lacks = await this.connections.lacks().catch(() => before);
    for (const part of this.#lacks) if (!before.has(part)) this.log.error({ part }, WORDS[part]);
  }
}

import { afterAll, beforeAll, describe } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, warnAtStart } from '../../src/app.factory.js';
import { loadConfig, type Config, type Environment } from '../../src/config/index.js';
import { SigningKeys } from '../../src/platform/crypto/signing-keys.js';
import type { Connections } from '../../src/platform/database/connections.js';
import { CONNECTIONS } from '../../src/platform/database/database.module.js';
import { Jobs } from '../../src/platform/jobs/jobs.service.js';
import { CHEAP_HASHES, hashCheaplyHere } from './cheap-hashes.js';
import { FixedClock } from './fixed-clock.js';
import { Mailbox } from './mailbox.js';
import { waitForAnswers } from './patient-pools.js';
import { createMigratedDatabase, dropDatabase } from './postgres.js';
import { RecordingLog } from './recording-log.js';
import { takeSchema } from './schema.js';
import { shareRing, takeRing } from './shared-ring.js';

hashCheaplyHere();

/** A test that names PASSWORD_MEMORY_KIB or PASSWORD_ITERATIONS gets the costs of production. */
function configOf(environment: Environment): Config {
  const isAboutCosts = 'PASSWORD_MEMORY_KIB' in environment || 'PASSWORD_ITERATIONS' in environment;
  return Object.assign({}, loadConfig(environment), isAboutCosts ? {} : CHEAP_HASHES);
}

/** For a test whose broker hashes as in production. */
export const PRODUCTION_HASHES: Environment = { PASSWORD_MEMORY_KIB: '19456', PASSWORD_ITERATIONS: '2' };

/** Where a broker of a test keeps its rows. */
type Store = 'sqlite' | 'postgres';

/** A whole broker in this process, listening on a port of its own, with a clock that the test moves. */
export class TestBroker {
  readonly log = new RecordingLog();
  readonly clock = new FixedClock();
  readonly mailbox = new Mailbox(this.log, () => this.app.get(Jobs).idle());
  #app: NestFastifyApplication | undefined;
  #url = '';

  private constructor(
    readonly dataDir: string,
    readonly environment: Environment,
    private readonly removeStore: () => Promise<void>,
  ) {}

  /** `settings` over these: everything on loopback, no limits, every store fresh. */
  static async start(settings: Environment = {}, store: Store = 'sqlite'): Promise<TestBroker> {
    const dataDir = mkdtempSync(join(tmpdir(), 'signpost-broker-'));
    const database = store === 'postgres' ? await createMigratedDatabase() : undefined;
    const environment = {
      DATA_DIR: dataDir,
      LIMITS: 'off',
      // Tests share the machine: that its processor is late says nothing about them.
      OVERLOAD_DELAY_MS: '0',
      LIMIT_MAILS_PER_SECOND: '1000000',
      ADDRESS_ALLOW: '127.0.0.0/8,192.0.2.0/24,198.51.100.0/24,203.0.113.0/24',
      PORT: '0',
      OPS_PORT: '0',
      ...(database === undefined ? {} : { DATABASE_URL: database }),
      ...settings,
    };
    const broker = new TestBroker(dataDir, environment, async () => {
      if (database !== undefined) await dropDatabase(database);
      rmSync(dataDir, { recursive: true, force: true });
    });
    takeRing(dataDir);
    if (!('DATABASE_URL' in environment)) await takeSchema(environment.DATA_DIR);
    await broker.open();
    shareRing(dataDir, broker.app.get(SigningKeys));
    return broker;
  }

  get app(): NestFastifyApplication {
    if (!this.#app) throw new Error('the broker is not running');
    return this.#app;
  }

  /** Base address, without a final slash. */
  get url(): string {
    return this.#url;
  }

  /** Starts it (again) on the same data. */
  async open(settings: Environment = {}): Promise<void> {
    const config = configOf({ ...this.environment, ...settings });
    this.#app = await createApp(config, this.log, this.clock);
    await waitForAnswers(this.#app.get<Connections>(CONNECTIONS));
    await this.#app.listen(config.port, '127.0.0.1');
    await warnAtStart(this.#app);
    this.#url = await this.#app.getUrl();
  }

  /** Stops it and keeps its data. */
  async close(): Promise<void> {
    const app = this.#app;
    this.#app = undefined;
    await app?.close();
  }

  /** Stops it and removes its data. */
  async remove(): Promise<void> {
    await this.close();
    await this.removeStore();
  }
}

/** What blocks of a test file have in common that ask for the same: starting a broker costs more than most tests. */
interface Shared {
  /** Blocks that are not over. */
  blocks: number;
  broker: Promise<TestBroker> | undefined;
}
const shared = new Map<string, Shared>();

async function end(one: Shared): Promise<void> {
  const { broker } = one;
  one.broker = undefined;
  await (await broker)?.remove();
}

// Blocks of which no test was asked for do not say that they are over.
afterAll(() => Promise.all([...shared.values()].map(end)));

/**
 * Declares the same tests against a broker on SQLite and one on PostgreSQL (`TEST_DATABASE_URL`; skipped by name
 * without it). One broker for all tests of the blocks with the same settings: use names of your own in each.
 */
export function eachBroker(
  name: string,
  settings: Environment,
  tests: (broker: () => TestBroker) => void,
): void {
  const stores: [Store, boolean][] = [
    ['sqlite', true],
    ['postgres', Boolean(process.env['TEST_DATABASE_URL'])],
  ];
  for (const [store, here] of stores) {
    const key = JSON.stringify([store, settings]);
    const one = shared.get(key) ?? { blocks: 0, broker: undefined };
    shared.set(key, one);
    one.blocks += 1;
    (here ? describe : describe.skip)(`${name} on ${store}`, () => {
      let broker: TestBroker | undefined;
      beforeAll(async () => {
        broker = await (one.broker ??= TestBroker.start(settings, store));
      });
      afterAll(async () => {
        one.blocks -= 1;
        if (one.blocks === 0) await end(one);
      });
      tests(() => {
        if (!broker) throw new Error('the broker did not start');
        return broker;
      });
    });
  }
}

import { escapedForm } from '../simulator/forms.js';
import { TestBroker } from './broker.js';
import { ChildBroker } from './child-broker.js';
import { eventually } from './eventually.js';
import { FaultProxy } from './fault-proxy.js';
import { createMigratedDatabase, dropDatabase } from './postgres.js';

type Environment = Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Processes of one broker, each with a way of its own to PostgreSQL and to Redis that a test can break. */
export class SeveralNodes {
  readonly nodes: ChildBroker[] = [];
  readonly redis: FaultProxy[] = [];
  readonly postgres: FaultProxy[] = [];

  private constructor(
    readonly prepared: TestBroker,
    private readonly database: string,
  ) {}

  /** `prepare` fills the database while one broker of this process runs on it. */
  static async start(
    count: number,
    environment: Environment,
    prepare: (broker: TestBroker) => Promise<void>,
  ): Promise<SeveralNodes> {
    const database = await createMigratedDatabase();
    const prepared = await TestBroker.start({ DATABASE_URL: database });
    await prepare(prepared);
    await prepared.close();
    const all = new SeveralNodes(prepared, database);
    for (let n = 0; n < count; n += 1) {
      all.redis.push(await FaultProxy.before(process.env['TEST_REDIS_URL'] ?? ''));
      all.postgres.push(await FaultProxy.before(database));
    }
    const starting = all.redis.map((redis, n) =>
      ChildBroker.start(prepared.dataDir, {
        DATA_DIR: prepared.dataDir,
        DATABASE_URL: all.postgres[n]!.url,
        REDIS_URL: redis.url,
        NODES: String(count),
        ...environment,
      }),
    );
    all.nodes.push(...(await Promise.all(starting)));
    return all;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    for (const proxy of [...this.redis, ...this.postgres]) await proxy.close();
    await this.prepared.remove();
    await dropDatabase(this.database);
  }

  /** As callers do, it asks again where a node is held up for so long that PostgreSQL or the other nodes do not count on it for now. */
  ask(node: number, path: string, init: RequestInit = {}): Promise<Answer> {
    return eventually(async () => {
      const response = await fetch(`${this.nodes[node]!.url}${path}`, init);
      const text = await response.text();
      if (response.status === 503 && text.includes('The database is busy.')) throw new Error(text);
      return { status: response.status, text, headers: response.headers };
    });
  }

  form(
    node: number,
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    return this.ask(node, path, {
      method: 'POST',
      headers: { ...type, ...headers },
      body: escapedForm(fields),
    });
  }

  /** What a node that is ready wants its operator to know. */
  async notices(node: number): Promise<readonly string[]> {
    const { status, text } = await this.ask(node, '/health/ready');
    if (status !== 200) throw new Error(`node ${node} is not ready: ${text}`);
    return (JSON.parse(text) as { notices?: string[] }).notices ?? [];
  }
}

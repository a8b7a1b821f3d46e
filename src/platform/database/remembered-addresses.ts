import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import net, { type LookupFunction } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Far longer than an answer takes, and a small part of the second in which a connection must be made. */
const PATIENCE_MS = 250;

type Addresses = readonly LookupAddress[];

interface LookUp {
  readonly answer: Promise<Addresses>;
  readonly isOverdue: Promise<unknown>;
}

interface Name {
  found?: Addresses;
  underWay?: LookUp;
}

/**
 * The system looks names up, and when it cannot say in time, what it said last is used: each new connection begins with
 * its host's name, and a question to a name server that gets lost holds the system up for five seconds (`timeout` in
 * resolv.conf(5)), in which every request that needs the connection would fail. An answer is always preferred, so that
 * a name may move; and "there is no such name" is an answer.
 */
export class RememberedAddresses {
  /** Of hosts in settings, so a few. */
  readonly #names = new Map<string, Name>();

  constructor(
    private readonly ask: (hostname: string, options: LookupOptions) => Promise<Addresses>,
    private readonly patience: () => Promise<unknown>,
  ) {}

  /** In the form that sockets want. */
  readonly lookup: LookupFunction = (hostname, options, done) => {
    this.#find(hostname, options).then(
      (found) => {
        const [first] = found;
        if (options.all === true || first === undefined) done(null, [...found]);
        else done(null, first.address, first.family);
      },
      (error: unknown) => done(error as NodeJS.ErrnoException, []),
    );
  };

  #find(hostname: string, options: LookupOptions): Promise<Addresses> {
    const name = this.#nameOf(hostname, options);
    // Who comes while one is under way waits with it: lookups take threads that others need, too.
    const { answer, isOverdue } = (name.underWay ??= this.#begin(name, hostname, options));
    const { found } = name;
    if (found === undefined) return answer;
    const orFound = answer.catch((error: unknown) => {
      if (isAnswer(error)) throw error;
      return found;
    });
    return Promise.race([orFound, isOverdue.then(() => found)]);
  }

  #begin(name: Name, hostname: string, options: LookupOptions): LookUp {
    const answer = this.ask(hostname, options);
    const over = (): void => {
      delete name.underWay;
    };
    answer.then((found) => {
      name.found = found;
      over();
    }, over);
    return { answer, isOverdue: this.patience() };
  }

  #nameOf(hostname: string, { family, hints }: LookupOptions): Name {
    const key = `${hostname} ${family ?? 0} ${hints ?? 0}`;
    const known = this.#names.get(key) ?? {};
    this.#names.set(key, known);
    return known;
  }
}

/** The name server said that there is no such name; everything else is trouble on the way. */
function isAnswer(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOTFOUND';
}

/** One for all connections of this process. */
const { lookup } = new RememberedAddresses(
  (hostname, options) =>
    new Promise((resolve, reject) => {
      dns.lookup(hostname, { ...options, all: true }, (error, found) =>
        error ? reject(error) : resolve(found),
      );
    }),
  () => pause(PATIENCE_MS, undefined, { ref: false }),
);

/** For drivers, which connect by port and host, and have no setting for how names are looked up. */
export class NamedSocket extends net.Socket {
  override connect(...given: unknown[]): this {
    const [port, host] = given;
    if (typeof host === 'string') return super.connect({ port: Number(port), host, lookup });
    return Reflect.apply(super.connect.bind(this), this, given) as this;
  }
}

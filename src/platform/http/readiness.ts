import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** Checks one part the broker cannot serve without; rejects or resolves within a few seconds. */
type Probe = () => Promise<void>;

/** Well within the two seconds of R-53, in which whoever looks has to ask; a connection may take as long. */
const PROBE_TIMEOUT_MS = 1_000;

/** Whether the broker can serve now, and if not, which part is missing. */
@Injectable()
export class Readiness implements OnModuleDestroy {
  readonly #probes = new Map<string, Probe>();
  readonly #notices = new Map<string, () => boolean>();
  readonly #whenDraining: (() => void)[] = [];
  #draining = false;

  /** A part that must work, by the name an operator knows it by. */
  require(part: string, probe: Probe): void {
    this.#probes.set(part, probe);
  }

  /** Something that operators should know of while `applies`, although requests can be served. */
  mention(notice: string, applies: () => boolean): void {
    this.#notices.set(notice, applies);
  }

  /** Names of what operators should know of now. */
  get notices(): string[] {
    return [...this.#notices].flatMap(([notice, applies]) => (applies() ? [notice] : []));
  }

  /** From now on not ready, while requests are still served: load balancers turn away. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (const act of this.#whenDraining) act();
  }

  /** Whoever closes the application need not have thought of it. */
  onModuleDestroy(): void {
    this.drain();
  }

  /** Before anybody is turned away. */
  whenDraining(act: () => void): void {
    this.#whenDraining.push(act);
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Names of what is missing; empty when ready. */
  async missing(): Promise<string[]> {
    if (this.#draining) return ['stopping'];
    const parts = [...this.#probes];
    const results = await Promise.allSettled(parts.map(([, probe]) => inTime(probe())));
    return parts.flatMap(([part], index) => (results[index]?.status === 'rejected' ? [part] : []));
  }
}

/** A part that does not answer is missing: load balancers must know within two seconds. */
function inTime(probe: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${PROBE_TIMEOUT_MS} ms`)),
      PROBE_TIMEOUT_MS,
    );
    probe.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

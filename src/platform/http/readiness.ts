import { Injectable } from '@nestjs/common';

/** Checks one part the broker cannot serve without; rejects or resolves within a few seconds. */
type Probe = () => Promise<void>;

/** Whether the broker can serve now, and if not, which part is missing. */
@Injectable()
export class Readiness {
  readonly #probes = new Map<string, Probe>();
  #draining = false;

  /** A part that must work, by the name an operator knows it by. */
  require(part: string, probe: Probe): void {
    this.#probes.set(part, probe);
  }

  /** From now on not ready, while requests are still served: load balancers turn away. */
  drain(): void {
    this.#draining = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Names of what is missing; empty when ready. */
  async missing(): Promise<string[]> {
    if (this.#draining) return ['stopping'];
    const parts = [...this.#probes];
    const results = await Promise.allSettled(parts.map(([, probe]) => probe()));
    return parts.flatMap(([part], index) => (results[index]?.status === 'rejected' ? [part] : []));
  }
}

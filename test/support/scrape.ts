/** `/metrics` of a broker, as numbers by sample. */
export class Scraper {
  /** Every sample that was ever anything but nought. */
  readonly moved = new Set<string>();

  /** @param opsUrl without a final slash */
  constructor(readonly opsUrl: string) {}

  async scraped(): Promise<Map<string, number>> {
    const answer = await fetch(`${this.opsUrl}/metrics`);
    const samples = new Map<string, number>();
    for (const line of (await answer.text()).split('\n')) samples.set(...this.see(line));
    return samples;
  }

  /** A line of it. */
  see(line: string): [sample: string, value: number] {
    const [, sample = '', value = ''] = /^([^# ].*) (\S+)$/.exec(line) ?? [];
    if (Number(value) !== 0) this.moved.add(sample);
    return [sample, Number(value)];
  }

  /** By how much the samples grew while something was done. */
  async growth(act: () => unknown): Promise<Record<string, number>> {
    const before = await this.scraped();
    await act();
    const after = await this.scraped();
    const grown = [...after].map(([sample, value]) => [sample, value - (before.get(sample) ?? 0)] as const);
    return Object.fromEntries(grown.filter(([, by]) => by !== 0));
  }
}

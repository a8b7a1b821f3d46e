/** In milliseconds of the processor: what this process was kept waiting by others is not counted. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The least processor time of five runs, in milliseconds: what the work costs, not what else the machine was doing. */
export async function leastWork(work: () => unknown): Promise<number> {
  const costs: number[] = [];
  for (let run = 0; run < 5; run += 1) {
    const before = processorMs();
    await work();
    costs.push(processorMs() - before);
  }
  return Math.min(...costs);
}

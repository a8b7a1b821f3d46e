/** The shortest of five runs, in milliseconds: what the work costs, not what else the machine was doing. */
export function quickest(work: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}

import { declaredMetrics } from './metrics.js';

/** Every declared metric in the text format of Prometheus, version 0.0.4. */
export async function exposition(): Promise<string> {
  const parts = declaredMetrics().map(async (metric) => {
    const { name, help, type } = metric;
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...(await metric.samples()), ''].join('\n');
  });
  return (await Promise.all(parts)).join('');
}

/** `docs/metrics.md`, made from the declarations in the code. */

/** @typedef {import('../../src/platform/metrics/metrics.js').Metric} Metric */

const head = `# Metrics

\`GET /metrics\` on the ops listener (\`OPS_HOST\`, \`OPS_PORT\`), in the text format of Prometheus. Every number is that of one
process since it started; add the nodes up, but take the highest where all nodes tell the same number (backlog of mail).
No label holds what a caller typed. Beside these there are those of the process and of Node itself, as the package
prom-client names them, under the prefix \`signpost_\`: \`signpost_process_cpu_seconds_total\`,
\`signpost_process_resident_memory_bytes\`, \`signpost_process_open_fds\`, \`signpost_nodejs_eventloop_lag_p99_seconds\` and more.

A dashboard for Grafana and rules for alerts are in [config/observability](../config/observability); what to do when one
fires is in [the guide for operators](guide/operators.md).

Made by \`npm run generate\` from the declarations beside the code that counts; changes here are lost.
`;

/** @param {readonly Metric[]} metrics @returns {string} */
export function metricList(metrics) {
  return [head, ...metrics.map(describe)].join('\n');
}

/** @param {Metric} metric @returns {string} */
function describe({ name, help, type, labels }) {
  const values = Object.entries(labels).map(
    ([label, known]) =>
      `- \`${label}\`: ${typeof known === 'string' ? known : known.map((value) => `\`${value}\``).join(', ')}\n`,
  );
  return `## ${name}\n\n${type}. ${help}\n${values.length > 0 ? `\n${values.join('')}` : ''}`;
}

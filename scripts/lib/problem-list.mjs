/** `docs/problems.md`, made from the list in the code. */

/** @typedef {import('../../src/edges/api/problems/problem-list.js').ProblemKind} ProblemKind */

const head = `# Problems

How \`/api/v1\` says that something went wrong: \`application/problem+json\` (RFC 9457) with \`type\`, \`title\`, \`status\`,
\`detail\`, \`code\` and \`instance\`. Apps decide by \`code\`, which never changes its meaning; \`detail\` is for developers.
\`errors\` names each part of the request that is wrong, a field of the body by \`pointer\` and a parameter by \`parameter\`.
\`instance\` is the id of the request, by which an operator finds it in the log. Every 429 and 503 has a \`Retry-After\`,
and every 401, and the 403 of a missing scope, a \`WWW-Authenticate\` (RFC 6750).

Made by \`npm run generate\` from \`src/edges/api/problems/problem-list.ts\`; changes here are lost.
`;

/** @param {Readonly<Record<string, ProblemKind>>} problems @returns {string} */
export function problemList(problems) {
  const entries = Object.entries(problems).map(
    ([code, { status, title, advice, page }]) =>
      `## ${code}\n\n${status}: ${title}.\n\n${advice}${page === undefined ? '' : `\n\n\`page\`: ${page}`}\n`,
  );
  return [head, ...entries].join('\n');
}

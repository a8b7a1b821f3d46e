/** For Fastify: no route of ours has a JSON schema, so the compilers for them are not loaded (P-8, P-9). */
export const NO_SCHEMAS = { compilersFactory: { buildValidator: refuse, buildSerializer: refuse } };

function refuse(): never {
  throw new Error('routes have no schemas: each edge reads its requests itself');
}

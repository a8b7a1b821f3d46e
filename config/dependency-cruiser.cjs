/** The boundaries of docs/architecture.md. Each rule says what to do instead. */
const feature = (name, allowed) => ({
  name: `feature-${name}`,
  comment: `features/${name} may use only the doors of: ${allowed.join(', ') || 'no other feature'}. Features form a list, not a knot: move the rule down, or let an edge call both.`,
  severity: 'error',
  from: { path: `^src/features/${name}/` },
  to: { path: '^src/features/', pathNot: `^src/features/(${[name, ...allowed].join('|')})/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one thing or three: find the third.',
      severity: 'error',
      from: { pathNot: '\\.entity\\.ts$' },
      to: { circular: true },
    },
    {
      name: 'imports-go-down',
      comment:
        'A feature never knows an edge: return a domain value or throw a DomainError, and let the edge translate.',
      severity: 'error',
      from: { path: '^src/(features|platform|config|shared)/' },
      to: { path: '^src/(edges|commands|app\\.|main|cli|serve)' },
    },
    {
      name: 'platform-has-no-meaning',
      comment: 'Platform is technology without meaning: pass what it needs as an argument.',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: '^src/features/' },
    },
    {
      name: 'bottom-floor',
      comment: 'config and shared stand on nothing of ours but each other.',
      severity: 'error',
      from: { path: '^src/(config|shared)/' },
      to: { path: '^src/(features|platform)/' },
    },
    {
      name: 'shared-is-plain',
      comment: 'shared holds plain TypeScript words: no framework, no config.',
      severity: 'error',
      from: { path: '^src/shared/' },
      to: { path: '^(src/config/|node_modules/(@nestjs|typeorm|fastify))' },
    },
    {
      name: 'connect-is-deletable',
      comment:
        'Nothing imports edges/connect but the wiring (app.module, app.factory): the wire protocol could be deleted in one commit.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(edges/connect/|app\\.(module|factory)\\.ts$)' },
      to: { path: '^src/edges/connect/' },
    },
    {
      name: 'features-by-the-door',
      comment:
        'Enter a feature through its index.ts; if the door lacks something, ask whether it should be public.',
      severity: 'error',
      from: { path: '^src/(edges|commands|app|serve)', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^src/features/[^/]+/', pathNot: '^src/features/[^/]+/index\\.ts$' },
    },
    {
      name: 'features-by-the-door-among-features',
      comment: 'Enter another feature through its index.ts.',
      severity: 'error',
      from: { path: '^src/features/([^/]+)/' },
      to: { path: '^src/features/[^/]+/', pathNot: ['^src/features/$1/', '^src/features/[^/]+/index\\.ts$'] },
    },
    {
      name: 'typeorm-stays-in-repositories',
      comment:
        'TypeORM lives in *.repository.ts, *.entity.ts, migrations and platform/database; services speak the domain.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '(\\.repository\\.ts$|\\.entity\\.ts$|^src/platform/database/|\\.test\\.ts$)',
      },
      to: { path: 'node_modules/typeorm/' },
    },
    {
      name: 'agent-stands-alone',
      comment: 'The agent speaks to the broker over HTTP only: it imports shared/ and nothing else of ours.',
      severity: 'error',
      from: { path: '^src/agent/' },
      to: { path: '^src/', pathNot: '^src/(agent|shared)/' },
    },
    {
      name: 'commands-are-leaves',
      comment: 'A command is called by cli.ts alone; what two of them need lies beside them in src/commands.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(commands/|cli\\.ts$|serve\\.ts$)' },
      to: { path: '^src/commands/' },
    },
    {
      name: 'no-test-code-in-src',
      comment: 'Production code never imports test code.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '(^test/|\\.test\\.tsx?$)' },
    },
    feature('restores', []),
    feature('mail', []),
    feature('audit', []),
    feature('accounts', ['mail', 'audit']),
    feature('sessions', ['accounts', 'mail', 'audit', 'restores']),
    feature('servers', ['accounts', 'mail', 'audit', 'restores']),
    feature('oauth', ['pins', 'sessions', 'accounts', 'mail', 'audit', 'restores']),
    feature('links', ['servers', 'sessions', 'accounts', 'mail', 'audit']),
    feature('pins', ['links', 'servers', 'sessions', 'accounts', 'mail', 'audit']),
    feature('discovery', ['links', 'servers', 'sessions', 'accounts', 'mail', 'audit']),
    feature('export', ['oauth', 'links', 'servers', 'sessions', 'accounts', 'mail', 'audit']),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};

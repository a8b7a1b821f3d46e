import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { fastify, type FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { Config } from '../../config/index.js';
import { backupMadeAt } from '../../platform/backup/last-backup.js';
import { exposition } from '../../platform/metrics/exposition.js';
import { NO_SCHEMAS } from '../../platform/http/no-schemas.js';
import { Readiness } from '../../platform/http/readiness.js';
import { gauge } from '../../platform/metrics/metrics.js';
import { readyHealth } from './health.controller.js';

const ready = gauge({
  name: 'signpost_ready',
  help: '1 while the broker can serve; 0 while a part is missing, which `GET /health/ready` names.',
  labels: {},
});
const lastBackup = gauge({
  name: 'signpost_backup_timestamp_seconds',
  help: 'When the last backup was made by `signpost backup` with the settings of this node (Unix time); not there where none was. Of several nodes the highest counts.',
  labels: {},
});

/** The listener for operators: health and metrics, on a port of its own that the internet never sees (S-65). */
@Injectable()
export class OpsListener implements BeforeApplicationShutdown {
  readonly #registry = new Registry();
  readonly #server: FastifyInstance = fastify({
    logger: false,
    forceCloseConnections: true,
    schemaController: NO_SCHEMAS,
  });

  constructor(
    private readonly config: Config,
    private readonly readiness: Readiness,
  ) {
    collectDefaultMetrics({ register: this.#registry, prefix: 'signpost_' });
    ready.readBy({}, async () => Number((await this.readiness.missing()).length === 0));
    lastBackup.readBy({}, () => backupMadeAt(config.dataDir));
    this.#server.get('/health/live', () => ({ status: 'ok' }));
    this.#server.get('/health/ready', async (_request, reply) => {
      const health = await readyHealth(this.readiness);
      return reply.status(health.status === 'ok' ? 200 : 503).send(health);
    });
    this.#server.get('/metrics', async (_request, reply) =>
      reply.type(this.#registry.contentType).send(`${await this.#registry.metrics()}\n${await exposition()}`),
    );
  }

  /** @returns the URL it listens at */
  listen(): Promise<string> {
    return this.#server.listen({ host: this.config.opsHost, port: this.config.opsPort });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#server.close();
  }
}

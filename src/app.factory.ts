import { ModulesContainer, NestFactory, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from './config/index.js';
import { AppModule } from './app.module.js';
import { ApiModule } from './edges/api/api.module.js';
import { apiCors } from './edges/api/cors.js';
import { apiErrors } from './edges/api/problems/api-errors.js';
import { ApiReference } from './edges/api/reference/api-reference.js';
import { openApiDocument } from './edges/api/reference/openapi.js';
import { ReadyLists } from './edges/api/servers/ready-lists.service.js';
import { connectErrors } from './edges/connect/connect-errors.js';
import { connectCors } from './edges/connect/cors.js';
import { ReadyAccepts } from './edges/connect/ready-accepts.service.js';
import { ReadyServers } from './edges/connect/ready-servers.service.js';
import { ReadySignIns } from './edges/connect/ready-sign-ins.service.js';
import { ReadyUpdates } from './edges/connect/ready-updates.service.js';
import { oidcErrors } from './edges/oidc/oidc-errors.js';
import { opsErrors } from './edges/ops/ops-errors.js';
import { PageErrors } from './edges/pages/page-errors.js';
import { RestoreHold } from './features/restores/index.js';
import { CryptoModule } from './platform/crypto/crypto.module.js';
import { AccessGuard } from './platform/http/access.guard.js';
import { declaredRoutes } from './platform/http/declared-routes.js';
import { ErrorFilter } from './platform/http/error-filter.js';
import { corsOf } from './platform/http/cors.js';
import { createAdapter, prepare } from './platform/http/fastify.js';
import { LoadShedder } from './platform/http/overload/load-shedder.js';
import { PriorityTable } from './platform/http/overload/priority-table.js';
import { Strangers } from './platform/limits/strangers.js';
import { ReadyAnswers } from './platform/http/ready-answers.js';
import type { RedisLink } from './platform/redis/redis-link.js';
import { REDIS } from './platform/redis/redis.module.js';
import { Readiness } from './platform/http/readiness.js';
import type { Log } from './platform/logging/log.js';
import { NestLog } from './platform/logging/nest-log.js';
import type { Clock } from './shared/clock.js';
import { Random } from './shared/random.js';

/**
 * Builds the whole broker, ready to listen; the same for the process, the tests and the demo. `clock` moves its time.
 *
 * @throws StartupError when something that a person can mend is missing
 */
export async function createApp(config: Config, log: Log, clock?: Clock): Promise<NestFastifyApplication> {
  const api = apiErrors(config);
  const adapter = createAdapter(config, [api]);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config, log, clock), adapter, {
    bodyParser: false,
    // Thrown to the caller, who knows whether a test or a process must end.
    abortOnError: false,
    logger: new NestLog(log),
  });
  prepare(adapter.getInstance(), config, log, app.get(Readiness));
  app.enableCors(corsOf([connectCors, apiCors]));
  app.useGlobalGuards(new AccessGuard(app.get(Reflector), app.get(Strangers)));
  const pages = app.get(PageErrors);
  const presenters = [api, connectErrors, oidcErrors(pages), opsErrors, pages];
  app.useGlobalFilters(new ErrorFilter(presenters, log, app.get(Random)));
  const ready = app.get(ReadyAnswers);
  ready.add(app.get(ReadyServers));
  ready.add(app.get(ReadyLists));
  ready.add(app.get(ReadyUpdates));
  ready.add(app.get(ReadyAccepts));
  ready.add(app.get(ReadySignIns));
  const { server } = adapter.getInstance();
  ready.standBefore(server);
  const priorities = new PriorityTable(declaredRoutes(app.get(ModulesContainer)), app.get(Reflector));
  const shedder = app.get(LoadShedder);
  shedder.addTo(server, priorities, presenters);
  ready.standBeforeParser(server, shedder);
  app.get(ApiReference).describedBy(() => openApiDocument(app, ApiModule, config.publicUrl));
  await app.init();
  return app;
}

/** What operators should know at each start. Once the broker has said that it listens: that line is the first. */
export async function warnAtStart(app: NestFastifyApplication): Promise<void> {
  app.get(RestoreHold).warn();
  app.get<RedisLink | null>(REDIS)?.report();
  await app.get(CryptoModule).tendSigningKeys();
}

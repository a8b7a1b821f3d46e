import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { loadConfig } from './config/index.js';
import { ApiModule } from './edges/api/api.module.js';
import { openApiDocument } from './edges/api/reference/openapi.js';
import { createAdapter } from './platform/http/fastify.js';
import { createLog } from './platform/logging/log.js';
import { NestLog } from './platform/logging/nest-log.js';
import { callersDocument } from './routes.js';

/** Stands for the broker in `docs/openapi.json`. */
const PUBLIC_URL = 'https://signpost.example.org';

/** What is published of the routes: `docs/openapi.json`, and who may call what. */
export interface RouteDocuments {
  readonly openApi: string;
  readonly callers: string;
}

/** As a broker at signpost.example.org would have them. Nothing is started: no provider is made. */
export async function routeDocuments(): Promise<RouteDocuments> {
  const config = loadConfig({ PUBLIC_URL });
  const log = createLog('silent');
  const options = { preview: true, abortOnError: false, logger: new NestLog(log) };
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(config, log),
    createAdapter(config),
    options,
  );
  const openApi = `${JSON.stringify(openApiDocument(app, ApiModule, PUBLIC_URL), null, 2)}\n`;
  return { openApi, callers: callersDocument(app) };
}

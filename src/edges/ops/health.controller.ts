import { Controller, Get, HttpCode, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Callers } from '../../platform/http/callers.js';
import { Readiness } from '../../platform/http/readiness.js';

/** What a health check is told. */
export interface Health {
  readonly status: 'ok' | 'unavailable';
  /** Parts that are missing, by name; only when unavailable. */
  readonly missing?: readonly string[];
  /** What operators should know of although requests are served, such as `restore-hold`; only where there is any. */
  readonly notices?: readonly string[];
}

/** The same answers on the public port and on the ops listener. */
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /** The process works; says nothing about the database. */
  @Get('live')
  @HttpCode(200)
  @Callers('health-check')
  live(): Health {
    return { status: 'ok' };
  }

  /** Requests can be served; else 503 and which part is missing. */
  @Get('ready')
  @Callers('health-check')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    const health = await readyHealth(this.readiness);
    reply.status(health.status === 'ok' ? 200 : 503);
    return health;
  }
}

export async function readyHealth(readiness: Readiness): Promise<Health> {
  const missing = await readiness.missing();
  const { notices } = readiness;
  return {
    ...(missing.length === 0 ? { status: 'ok' } : { status: 'unavailable', missing }),
    ...(notices.length === 0 ? {} : { notices }),
  };
}

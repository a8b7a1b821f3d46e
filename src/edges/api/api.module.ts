import { Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { DiscoveryModule } from '../../features/discovery/index.js';
import { LinksModule } from '../../features/links/index.js';
import { OauthModule } from '../../features/oauth/index.js';
import { SessionsModule } from '../../features/sessions/index.js';
import { AccessTokenStrategy } from './bearer/access-token.strategy.js';
import { AppLimits } from './bearer/app-limits.js';
import { Apps } from './bearer/apps.service.js';
import { InvitationsController } from './links/invitations.controller.js';
import { LinksController } from './links/links.controller.js';
import { ProfileController } from './people/profile.controller.js';
import { SignInsController } from './people/sign-ins.controller.js';
import { ApiReference } from './reference/api-reference.js';
import { ReferenceController } from './reference/reference.controller.js';
import { Listeners } from './servers/listeners.service.js';
import { ReadyLists } from './servers/ready-lists.service.js';
import { ServerEventsController } from './servers/server-events.controller.js';
import { ServerEvents } from './servers/server-events.service.js';
import { ServerLists } from './servers/server-lists.service.js';
import { ServersController } from './servers/servers.controller.js';

/** Signpost's own API under /api/v1: JSON, bearer tokens, problems. */
@Module({
  imports: [DiscoveryModule, LinksModule, OauthModule, SessionsModule],
  providers: [
    AccessTokenStrategy,
    ApiReference,
    AppLimits,
    Apps,
    Listeners,
    ReadyLists,
    ServerEvents,
    ServerLists,
  ],
  controllers: [
    InvitationsController,
    LinksController,
    ProfileController,
    ReferenceController,
    ServerEventsController,
    ServersController,
    SignInsController,
  ],
})
export class ApiModule {
  // In the constructor: Fastify must know before the first route is added.
  constructor(host: HttpAdapterHost) {
    answerHead(host.httpAdapter.getInstance<FastifyInstance>());
  }
}

/** HEAD as GET, where a GET ends at once. */
function answerHead(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const { hasHead } = (route.config ?? {}) as { hasHead?: boolean };
    if (hasHead === true && route.method === 'GET') fastify.route({ ...route, method: 'HEAD' });
  });
}

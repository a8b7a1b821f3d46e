import { Controller, Get, Options, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../config/index.js';
import { AuthorizationServer, DeviceCodes, type OidcViews } from '../../features/oauth/index.js';
import { WebSessionsService } from '../../features/sessions/index.js';
import { Callers } from '../../platform/http/callers.js';
import { routeOf } from '../../platform/http/http-metrics.js';
import { Readiness } from '../../platform/http/readiness.js';
import { cookieIn, cookieName } from '../pages/cookies.js';
import { oidcViews } from '../pages/oidc-views.js';
import { Priority } from '../../platform/http/overload/priority.js';
import { handOver } from './hand-over.js';

const CONFIGURATION = '.well-known/openid-configuration';
const METADATA = '.well-known/oauth-authorization-server';

/** What browsers of other sites may ask beforehand (`clientBasedCORS` decides on the request itself). */
const OPEN_TO_BROWSERS = [
  'token',
  'userinfo',
  'revoke',
  'device-authorization',
  'jwks',
  CONFIGURATION,
  METADATA,
];

/** The authorization server's paths, each handed to it under its canonical spelling; all others do not exist. */
@Controller()
@Callers('nobody-in-particular')
export class OidcController {
  readonly #views: OidcViews;

  constructor(
    private readonly server: AuthorizationServer,
    private readonly sessions: WebSessionsService,
    private readonly devices: DeviceCodes,
    private readonly config: Config,
    private readonly readiness: Readiness,
  ) {
    this.#views = oidcViews(config);
  }

  @Get([`oidc/${CONFIGURATION}`, `oidc/${METADATA}`, CONFIGURATION, METADATA, `${METADATA}/oidc`])
  configuration(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, `/${CONFIGURATION}`);
  }

  @Get('oidc/jwks')
  jwks(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, '/jwks');
  }

  @Get('oidc/authorize')
  authorize(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, '/authorize');
  }

  @Get('oidc/authorize/:id')
  resume(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, `/authorize/${encodeURIComponent(id)}`);
  }

  @Post('oidc/token')
  token(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, '/token');
  }

  @Post('oidc/device-authorization')
  async device(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.devices.count(request.network);
    return this.#answer(request, reply, '/device-authorization');
  }

  @Priority('always')
  @Post('oidc/revoke')
  revoke(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, '/revoke');
  }

  @Get('oidc/userinfo')
  userinfo(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, '/userinfo');
  }

  @Post('oidc/userinfo')
  userinfoByForm(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, '/userinfo');
  }

  @Priority('always')
  @Get('oidc/end-session')
  endSession(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, '/end-session');
  }

  @Priority('always')
  @Post('oidc/end-session/confirm')
  confirmEnd(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, '/end-session/confirm');
  }

  @Get('oidc/end-session/success')
  ended(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#answer(request, reply, '/end-session/success');
  }

  @Options(OPEN_TO_BROWSERS.map((path) => `oidc/${path}`))
  preflight(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const path = (request.routeOptions.url ?? '').replace(/^\/oidc/, '');
    return this.#answer(request, reply, path);
  }

  async #answer(request: FastifyRequest, reply: FastifyReply, path: string): Promise<void> {
    const token = cookieIn(request.headers.cookie, cookieName('sid', this.config));
    // The route has counted the network already.
    const browser = await this.sessions.authenticate(token, null);
    const { id: requestId, network } = request;
    const { readiness } = this;
    const route = routeOf(request);
    const visit = { requestId, route, network, browser: browser ?? undefined, views: this.#views, readiness };
    handOver(request, reply, path);
    await this.server.handle(request.raw, reply.raw, visit);
  }
}

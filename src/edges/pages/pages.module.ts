import { Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Config } from '../../config/index.js';
import { AccountsModule } from '../../features/accounts/index.js';
import { AuditModule } from '../../features/audit/index.js';
import { DiscoveryModule } from '../../features/discovery/index.js';
import { ExportModule } from '../../features/export/index.js';
import { LinksModule } from '../../features/links/index.js';
import { MailModule } from '../../features/mail/index.js';
import { OauthModule } from '../../features/oauth/index.js';
import { PinsModule } from '../../features/pins/index.js';
import { SessionsModule } from '../../features/sessions/index.js';
import { AntiRobotModule } from '../../platform/anti-robot/anti-robot.module.js';
import { AddressController } from './address.controller.js';
import { AllowController } from './allow.controller.js';
import { AssetsController } from './assets.controller.js';
import { ClosingController } from './closing.controller.js';
import { ConfirmController } from './confirm.controller.js';
import { ForgotController } from './forgot.controller.js';
import { CredentialsController } from './credentials.controller.js';
import { DevicesController } from './devices.controller.js';
import { FormTokens } from './form-tokens.js';
import { FrontController } from './front.controller.js';
import { GuardedForm } from './guarded-form.js';
import { pageHeaders } from './html.js';
import { InvitationsController } from './invitations.controller.js';
import { OwnInvitationsController } from './own-invitations.controller.js';
import { PageErrors } from './page-errors.js';
import { PinController } from './pin.controller.js';
import { ProfileController } from './profile.controller.js';
import { ServersController } from './servers.controller.js';
import { SessionRenewal } from './session-renewal.js';
import { ResetController } from './reset.controller.js';
import { SetupController } from './setup.controller.js';
import { SignInController } from './sign-in.controller.js';
import { SignUpController } from './sign-up.controller.js';
import { StopController } from './stop.controller.js';
import { UnlockController } from './unlock.controller.js';
import { Visitors, type PageRequest } from './visitors.service.js';

/** The pages people use: rendered here, no script needed. */
@Module({
  imports: [
    AccountsModule,
    AntiRobotModule,
    AuditModule,
    DiscoveryModule,
    ExportModule,
    LinksModule,
    MailModule,
    OauthModule,
    PinsModule,
    SessionsModule,
  ],
  providers: [FormTokens, GuardedForm, PageErrors, SessionRenewal, Visitors],
  controllers: [
    AddressController,
    AllowController,
    AssetsController,
    ClosingController,
    ConfirmController,
    CredentialsController,
    DevicesController,
    ForgotController,
    FrontController,
    InvitationsController,
    OwnInvitationsController,
    PinController,
    ProfileController,
    ServersController,
    ResetController,
    SetupController,
    SignInController,
    SignUpController,
    StopController,
    UnlockController,
  ],
})
export class PagesModule {
  // In the constructor: Fastify must know before the first route is added.
  constructor(host: HttpAdapterHost, config: Config) {
    const fastify = host.httpAdapter.getInstance<FastifyInstance>();
    addHeaders(fastify, config);
    answerHead(fastify);
  }
}

/** By the type of the answer, so that no page and no error can do without, whoever made it. */
function addHeaders(fastify: FastifyInstance, config: Config): void {
  fastify.addHook('onSend', (request: PageRequest, reply: FastifyReply, payload, done) => {
    const type = reply.getHeader('content-type');
    const isPage = typeof type === 'string' && type.startsWith('text/html');
    if (isPage) void reply.headers(pageHeaders(config, request.formTarget));
    done(null, payload);
  });
}

/** Pages answer HEAD as they answer GET: theirs change nothing, unlike one GET of the wire protocol. */
function answerHead(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const { isPage } = (route.config ?? {}) as { isPage?: boolean };
    if (isPage && route.method === 'GET') fastify.route({ ...route, method: 'HEAD' });
  });
}

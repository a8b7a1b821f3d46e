import { Module } from '@nestjs/common';
import { OauthModule } from '../../features/oauth/index.js';
import { SessionsModule } from '../../features/sessions/index.js';
import { OidcController } from './oidc.controller.js';

/** OAuth 2 and OpenID Connect under `/oidc`. */
@Module({ imports: [OauthModule, SessionsModule], controllers: [OidcController] })
export class OidcModule {}

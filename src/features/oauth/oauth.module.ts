import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { AccessTokens } from './access-tokens.service.js';
import { AppSignIns } from './app-sign-ins.service.js';

@Module({
  imports: [AccountsModule],
  providers: [AccessTokens, AppSignIns],
  exports: [AccessTokens, AppSignIns],
})
export class OauthModule {}

import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { AuditModule } from '../audit/index.js';
import { LinksModule } from '../links/index.js';
import { OauthModule } from '../oauth/index.js';
import { SessionsModule } from '../sessions/index.js';
import { ExportService } from './export.service.js';

@Module({
  imports: [AccountsModule, AuditModule, LinksModule, OauthModule, SessionsModule],
  providers: [ExportService],
  exports: [ExportService],
})
export class ExportModule {}

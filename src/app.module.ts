import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule, type Config } from './config/index.js';
import { ApiModule } from './edges/api/api.module.js';
import { ConnectModule } from './edges/connect/connect.module.js';
import { OidcModule } from './edges/oidc/oidc.module.js';
import { OpsModule } from './edges/ops/ops.module.js';
import { PagesModule } from './edges/pages/pages.module.js';
import { AccountsModule } from './features/accounts/index.js';
import { AuditModule } from './features/audit/index.js';
import { DiscoveryModule } from './features/discovery/index.js';
import { ExportModule } from './features/export/index.js';
import { LinksModule } from './features/links/index.js';
import { MailModule } from './features/mail/index.js';
import { OauthModule } from './features/oauth/index.js';
import { PinsModule } from './features/pins/index.js';
import { RestoresModule } from './features/restores/index.js';
import { ServersModule } from './features/servers/index.js';
import { SessionsModule } from './features/sessions/index.js';
import { ChangesModule } from './platform/changes/changes.module.js';
import { DatabaseTime } from './platform/clock/database-time.service.js';
import { CryptoModule } from './platform/crypto/crypto.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { LimitsModule } from './platform/limits/limits.module.js';
import type { Log } from './platform/logging/log.js';
import { LoggingModule } from './platform/logging/logging.module.js';
import { PlatformModule } from './platform/platform.module.js';
import type { Clock } from './shared/clock.js';
import { RedisModule } from './platform/redis/redis.module.js';
import { tables } from './tables.js';

/** The one list of modules, from the ground up. */
@Module({})
export class AppModule {
  static with(config: Config, log: Log, clock?: Clock): DynamicModule {
    return {
      module: AppModule,
      providers: [DatabaseTime],
      imports: [
        ConfigModule.with(config),
        LoggingModule.with(log),
        PlatformModule.with(clock),
        DatabaseModule.with(tables),
        RedisModule,
        ChangesModule,
        CryptoModule,
        LimitsModule,
        RestoresModule,
        MailModule,
        AuditModule,
        AccountsModule,
        SessionsModule,
        ServersModule,
        LinksModule,
        PinsModule,
        OauthModule,
        DiscoveryModule,
        ExportModule,
        ConnectModule,
        ApiModule,
        PagesModule,
        OidcModule,
        OpsModule,
      ],
    };
  }
}

import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule, type Config } from './config/index.js';
import { ApiModule } from './edges/api/api.module.js';
import { ConnectModule } from './edges/connect/connect.module.js';
import { OidcModule } from './edges/oidc/oidc.module.js';
import { OpsModule } from './edges/ops/ops.module.js';
import { PagesModule } from './edges/pages/pages.module.js';
import { AccountsModule, accountTables } from './features/accounts/index.js';
import { AuditModule, auditTables } from './features/audit/index.js';
import { DiscoveryModule } from './features/discovery/index.js';
import { ExportModule } from './features/export/index.js';
import { LinksModule, linkTables } from './features/links/index.js';
import { MailModule, mailTables } from './features/mail/index.js';
import { OauthModule, oauthTables } from './features/oauth/index.js';
import { PinsModule, pinTables } from './features/pins/index.js';
import { RestoresModule, restoreTables } from './features/restores/index.js';
import { ServersModule, serverTables } from './features/servers/index.js';
import { SessionsModule, sessionTables } from './features/sessions/index.js';
import { ChangesModule } from './platform/changes/changes.module.js';
import { CryptoModule, keyTables } from './platform/crypto/crypto.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import type { Tables } from './platform/database/connections.js';
import type { Log } from './platform/logging/log.js';
import { LoggingModule } from './platform/logging/logging.module.js';
import { PlatformModule } from './platform/platform.module.js';
import type { Clock } from './shared/clock.js';

/** Every table there is. */
export const tables: Tables = [
  ...keyTables,
  ...restoreTables,
  ...mailTables,
  ...auditTables,
  ...accountTables,
  ...sessionTables,
  ...oauthTables,
  ...serverTables,
  ...linkTables,
  ...pinTables,
];

/** The one list of modules, from the ground up. */
@Module({})
export class AppModule {
  static with(config: Config, log: Log, clock?: Clock): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(config),
        LoggingModule.with(log),
        PlatformModule.with(clock),
        DatabaseModule.with(tables),
        ChangesModule,
        CryptoModule,
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

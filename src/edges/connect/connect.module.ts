import { Module } from '@nestjs/common';
import { AccountsModule } from '../../features/accounts/index.js';
import { DiscoveryModule } from '../../features/discovery/index.js';
import { LinksModule } from '../../features/links/index.js';
import { PinsModule } from '../../features/pins/index.js';
import { ServersModule } from '../../features/servers/index.js';
import { SessionsModule } from '../../features/sessions/index.js';
import { AuthorizationsController } from './authorizations.controller.js';
import { ConnectCallersGuard } from './callers.guard.js';
import { DeviceSignIns } from './device-sign-ins.service.js';
import { IpController } from './ip.controller.js';
import { PinController } from './pin.controller.js';
import { ReadyAccepts } from './ready-accepts.service.js';
import { ReadyServers } from './ready-servers.service.js';
import { ReadySignIns } from './ready-sign-ins.service.js';
import { ReadyUpdates } from './ready-updates.service.js';
import { ServersController } from './servers.controller.js';
import { SignUpController } from './sign-up.controller.js';
import { UserController } from './user.controller.js';

/** The Connect wire protocol under /service. Its README lists the oddities it keeps. */
@Module({
  imports: [AccountsModule, DiscoveryModule, LinksModule, PinsModule, ServersModule, SessionsModule],
  controllers: [
    AuthorizationsController,
    IpController,
    PinController,
    ServersController,
    SignUpController,
    UserController,
  ],
  providers: [ConnectCallersGuard, DeviceSignIns, ReadyAccepts, ReadyServers, ReadySignIns, ReadyUpdates],
})
export class ConnectModule {}

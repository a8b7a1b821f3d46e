import { Global, Inject, Module } from '@nestjs/common';
import type { Connections } from '../database/connections.js';
import { CONNECTIONS } from '../database/database.module.js';
import { Log } from '../logging/log.js';
import { ChangeFeed } from './change-feed.js';
import { Changes } from './changes.js';
import { LocalChangeFeed } from './local-change-feed.js';

const feed = {
  provide: ChangeFeed,
  inject: [CONNECTIONS, Log],
  useFactory: ({ solitude }: Connections, log: Log) => new LocalChangeFeed(() => solitude.isAlone(), log),
};

/** Who changes something tells it here; who remembers something listens here. */
@Global()
@Module({ providers: [feed, Changes], exports: [ChangeFeed, Changes] })
export class ChangesModule {
  constructor(@Inject(CONNECTIONS) { solitude }: Connections, changes: ChangeFeed) {
    solitude.whenBroken(() => changes.forget());
  }
}

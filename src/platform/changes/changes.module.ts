import { Global, Module } from '@nestjs/common';
import { Log } from '../logging/log.js';
import { ChangeFeed } from './change-feed.js';
import { Changes } from './changes.js';
import { LocalChangeFeed } from './local-change-feed.js';

const feed = {
  provide: ChangeFeed,
  inject: [Log],
  useFactory: (log: Log) => new LocalChangeFeed(() => true, log),
};

/** Who changes something tells it here; who remembers something listens here. */
@Global()
@Module({ providers: [feed, Changes], exports: [ChangeFeed, Changes] })
export class ChangesModule {}

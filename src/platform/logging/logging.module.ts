import { Module, type DynamicModule } from '@nestjs/common';
import { Log } from './log.js';

/** Makes the one Log injectable everywhere. */
@Module({})
export class LoggingModule {
  static with(log: Log): DynamicModule {
    const provider = { provide: Log, useValue: log };
    return { module: LoggingModule, global: true, providers: [provider], exports: [provider] };
  }
}

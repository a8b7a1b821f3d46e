import { Module, type DynamicModule } from '@nestjs/common';
import { Config } from './config.js';

/** Makes the one Config injectable everywhere. */
@Module({})
export class ConfigModule {
  static with(config: Config): DynamicModule {
    const provider = { provide: Config, useValue: config };
    return { module: ConfigModule, global: true, providers: [provider], exports: [provider] };
  }
}

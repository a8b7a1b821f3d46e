import { Module, type DynamicModule } from '@nestjs/common';
import { Config } from '../config/index.js';
import { Clock } from '../shared/clock.js';
import { Random } from '../shared/random.js';
import { SystemClock } from './clock/system-clock.js';
import { SystemRandom } from './crypto/system-random.js';
import { Readiness } from './http/readiness.js';
import { Jobs } from './jobs/jobs.service.js';
import { Limiter } from './limits/limiter.js';
import { MemoryLimiter, UnlimitedLimiter } from './limits/memory-limiter.js';

/** Technology that everything may use and that needs no database: time, chance, jobs, limits, readiness. */
@Module({})
export class PlatformModule {
  /** `clock`: another one than the machine's, for tests that move time. */
  static with(clock: Clock = new SystemClock()): DynamicModule {
    const exported = [
      { provide: Clock, useValue: clock },
      { provide: Random, useClass: SystemRandom },
      { provide: Limiter, inject: [Config, Clock, Random], useFactory: chooseLimiter },
      Jobs,
      Readiness,
    ];
    return { module: PlatformModule, global: true, providers: exported, exports: exported };
  }
}

function chooseLimiter(config: Config, clock: Clock, random: Random): Limiter {
  return config.limits === 'off' ? new UnlimitedLimiter() : new MemoryLimiter(clock, random);
}

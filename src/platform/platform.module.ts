import { Module, type DynamicModule } from '@nestjs/common';
import { Clock } from '../shared/clock.js';
import { Random } from '../shared/random.js';
import { SteadyClock } from './clock/steady-clock.js';
import { SystemClock } from './clock/system-clock.js';
import { SystemRandom } from './crypto/system-random.js';
import { LoadShedder } from './http/overload/load-shedder.js';
import { Refusals } from './http/overload/refusals.js';
import { Stopwatch } from './http/overload/stopwatch.js';
import { ReadyAnswers } from './http/ready-answers.js';
import { Readiness } from './http/readiness.js';
import { Jobs } from './jobs/jobs.service.js';

/** Technology that everything may use and that needs no database: time, chance, jobs, readiness. */
@Module({})
export class PlatformModule {
  /** `clock`: another one than the machine's, for tests that move time. */
  static with(clock?: Clock): DynamicModule {
    const exported = [
      { provide: Clock, useValue: clock ?? new SystemClock() },
      { provide: SteadyClock, useValue: clock ?? new SteadyClock() },
      { provide: Random, useClass: SystemRandom },
      Jobs,
      Readiness,
      Stopwatch,
      Refusals,
      LoadShedder,
      ReadyAnswers,
    ];
    return { module: PlatformModule, global: true, providers: exported, exports: exported };
  }
}

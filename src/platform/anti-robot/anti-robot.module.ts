import { Module } from '@nestjs/common';
import { Clock } from '../../shared/clock.js';
import { AntiRobot } from './anti-robot.service.js';
import { MemorySpentChallenges } from './memory-spent-challenges.js';
import { SpentChallenges } from './spent-challenges.js';

/** For edges whose forms are open to everybody. */
@Module({
  providers: [
    AntiRobot,
    {
      provide: SpentChallenges,
      inject: [Clock],
      useFactory: (clock: Clock) => new MemorySpentChallenges(clock),
    },
  ],
  exports: [AntiRobot],
})
export class AntiRobotModule {}

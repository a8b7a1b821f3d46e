import { Module } from '@nestjs/common';
import { AntiRobot } from './anti-robot.service.js';

/** For edges whose forms are open to everybody. */
@Module({ providers: [AntiRobot], exports: [AntiRobot] })
export class AntiRobotModule {}

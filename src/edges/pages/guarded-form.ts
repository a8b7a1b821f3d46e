import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { AntiRobot, type RobotChallenge } from '../../platform/anti-robot/anti-robot.service.js';
import { SECOND } from '../../shared/clock.js';
import type { Form } from './form.js';
import type { Page } from './html.js';
import { MENDABLE_LATER, orAgain, type Problem } from './problem.js';

/** To read with the fields of such a form. */
export const ROBOT_FIELDS = ['robotChallenge', 'robotSolution'] as const;

/** Shows the form with a challenge, or without one where the check is off. */
type Ask = (robot: RobotChallenge | null, problem?: Problem) => Page | Promise<Page>;

/** Forms that are open to everybody and cost us something: only people get through (`platform/anti-robot`). */
@Injectable()
export class GuardedForm {
  constructor(
    private readonly robots: AntiRobot,
    private readonly config: Config,
  ) {}

  async show(ask: Ask): Promise<Page> {
    return ask(await this.robots.issue());
  }

  /** Runs what the form asks for when the check lets it through; shows it again when the person can mend it. */
  submit(form: Form, act: () => Promise<Page>, ask: Ask): Promise<Page> {
    const challenge = form.text('robotChallenge');
    let hasPassed = false;
    return orAgain(
      async () => {
        await this.robots.check({ challenge, solution: form.text('robotSolution') });
        hasPassed = true;
        return act();
      },
      async (problem) => {
        const again = hasPassed ? await this.#givenBack(challenge) : await this.#next(challenge, problem);
        return ask(again, problem);
      },
      MENDABLE_LATER,
    );
  }

  /** Nobody waits twice for a mistake in the other fields. */
  async #givenBack(challenge: string): Promise<RobotChallenge | null> {
    if (this.config.antiRobot === 'off') return null;
    await this.robots.giveBack(challenge);
    return { challenge, patienceSeconds: Math.ceil(this.config.antiRobotPatience / SECOND) };
  }

  /** A challenge that is only too young keeps its age; every other refusal needs a new one. */
  async #next(challenge: string, { code, retryAfterSeconds }: Problem): Promise<RobotChallenge | null> {
    if (code !== 'robot-check-too-early' || retryAfterSeconds === undefined) return this.robots.issue();
    return { challenge, patienceSeconds: retryAfterSeconds };
  }
}

import { Injectable } from '@nestjs/common';
import { createChallenge, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { Config } from '../../config/index.js';
import { Clock, SECOND } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import { KeyRing } from '../crypto/key-ring.js';
import { Once } from '../limits/once.js';
import * as refused from './anti-robot.errors.js';
import { challengeText, readChallenge, readSolution, type IssuedChallenge } from './challenge-text.js';

/** Rounds of PBKDF2 for one key: half a millisecond here, and long enough that a browser's overhead hardly counts. */
const ROUNDS = 1_000;

const BUCKET = 'robot-challenge';

/** What a form needs to pass the check. */
export interface RobotChallenge {
  /** Opaque, about 530 characters; goes into the hidden field `robotChallenge`. */
  readonly challenge: string;
  /** So long after the form was made it may be sent without a solution. */
  readonly patienceSeconds: number;
}

/** The fields of a form that was sent; the browser's script fills `robotSolution`, without script it stays empty. */
export interface RobotAnswer {
  readonly challenge: string | undefined;
  readonly solution: string | undefined;
}

/**
 * Makes forms dear for robots and free for people: the browser solves a small riddle, or the person waits a little.
 *
 * Proof of work by altcha-lib, without any third party (S-144). A robot that waits pays with time only, so what counts
 * per network stays with the Limiter (S-25).
 */
@Injectable()
export class AntiRobot {
  readonly #secrets: { readonly hmacSignatureSecret: string; readonly hmacKeySignatureSecret: string };

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly once: Once,
    keyRing: KeyRing,
  ) {
    this.#secrets = {
      hmacSignatureSecret: keyRing.mac('mac', 'anti-robot challenge'),
      hmacKeySignatureSecret: keyRing.mac('mac', 'anti-robot solution'),
    };
  }

  /** A challenge for one form; null where ANTI_ROBOT is off and a form needs none. */
  async issue(): Promise<RobotChallenge | null> {
    if (this.config.antiRobot === 'off') return null;
    const work = this.config.antiRobotWork;
    const challenge = await createChallenge({
      algorithm: 'PBKDF2/SHA-256',
      cost: ROUNDS,
      // Half to one and a half times the work, so that nobody waits much longer than the others.
      counter: Math.ceil(work / 2) + this.random.below(work),
      deriveKey,
      // Dated here and not by the library's `expiresAt`, which asks the machine's clock.
      data: { issuedAt: this.clock.now() },
      ...this.#secrets,
    });
    const patienceSeconds = Math.ceil(this.config.antiRobotPatience / SECOND);
    return { challenge: challengeText(challenge), patienceSeconds };
  }

  /**
   * Lets a form through, once.
   *
   * @throws DomainError forbidden: `robot-check-missing`, `-wrong`, `-expired`, `-used`: show the form with a new
   * challenge; `robot-check-too-early` (with `retryAfterSeconds`): show it with the same one, which keeps its age
   */
  async check({ challenge, solution }: RobotAnswer): Promise<void> {
    if (this.config.antiRobot === 'off') return;
    if (challenge === undefined || challenge === '') throw refused.robotCheckMissing();
    const issued = readChallenge(challenge);
    if (!issued) throw refused.robotCheckWrong();
    const isSolved = await this.#judge(issued, solution ?? '');
    const until = this.#requireTime(issued.parameters.data.issuedAt, isSolved);
    const lastsMs = until - this.clock.now();
    if (!(await this.once.use(BUCKET, issued.parameters.nonce, lastsMs))) throw refused.robotCheckUsed();
  }

  /**
   * Makes a challenge that `check` has just accepted good for one more form: when the same form is shown again because
   * of a mistake in it, nobody should have to wait twice.
   */
  async giveBack(challenge: string | undefined): Promise<void> {
    const issued = readChallenge(challenge ?? '');
    if (issued) await this.once.giveBack(BUCKET, issued.parameters.nonce);
  }

  /** @returns whether it is solved; false if there is no solution. @throws DomainError if anything is not genuine */
  async #judge(challenge: IssuedChallenge, text: string): Promise<boolean> {
    const solution = readSolution(text) ?? { counter: 0, derivedKey: '' };
    const verdict = await verifySolution({ challenge, solution, deriveKey, ...this.#secrets });
    const isGenuine = verdict.invalidSignature === false;
    if (!isGenuine || (text !== '' && !verdict.verified)) throw refused.robotCheckWrong();
    return verdict.verified;
  }

  /** @returns when the challenge expires. @throws DomainError if it did, or if neither work nor patience was spent */
  #requireTime(issuedAt: number, isSolved: boolean): number {
    const now = this.clock.now();
    const until = issuedAt + this.config.antiRobotTtl;
    if (now >= until) throw refused.robotCheckExpired();
    const wait = issuedAt + this.config.antiRobotPatience - now;
    if (!isSolved && wait > 0) throw refused.robotCheckTooEarly(Math.ceil(wait / SECOND));
    return until;
  }
}

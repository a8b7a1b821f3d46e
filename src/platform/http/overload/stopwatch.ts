import { Injectable } from '@nestjs/common';

/** For measuring how long something lasts, as cheaply as can be; a test may move it. */
@Injectable()
export class Stopwatch {
  /** Milliseconds since some moment. */
  now(): number {
    return performance.now();
  }
}

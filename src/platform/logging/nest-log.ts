import type { LoggerService } from '@nestjs/common';
import type { Log } from './log.js';

/** What the framework says about itself: only its warnings and errors matter to an operator. */
export class NestLog implements LoggerService {
  constructor(private readonly target: Log) {}

  log(message: unknown): void {
    this.target.debug({ framework: true }, String(message));
  }

  warn(message: unknown): void {
    this.target.warn({ framework: true }, String(message));
  }

  /** Why a start failed is told by whoever started it, to people; once is enough. */
  error(message: unknown, stack?: unknown, context?: unknown): void {
    if (context === 'ExceptionHandler') return;
    this.target.error({ framework: true, stack }, String(message));
  }
}

import { Log } from '../../src/platform/logging/log.js';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/** Keeps what was logged, fields as they were given. */
export class RecordingLog extends Log {
  readonly lines: LogLine[] = [];

  override debug(fields: object, message: string): void {
    this.lines.push({ level: 'debug', fields, message });
  }

  override info(fields: object, message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }

  override warn(fields: object, message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }

  override error(fields: object, message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }

  override isLevelEnabled(): boolean {
    return true;
  }

  /** The messages of a level, oldest first. */
  messages(level: LogLine['level']): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }
}

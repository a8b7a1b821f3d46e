import { pino, type DestinationStream } from 'pino';

/**
 * JSON lines on stdout. Give fields that are fit for everybody's eyes: no token, password, PIN, header or query.
 */
export abstract class Log {
  abstract debug(fields: object, message: string): void;
  abstract info(fields: object, message: string): void;
  abstract warn(fields: object, message: string): void;
  abstract error(fields: object, message: string): void;
  /** Whether lines of a level are written at all: for fields that cost something to put together. */
  abstract isLevelEnabled(level: string): boolean;
}

/** Only these parts of an error: a database error also carries its parameters, which may be secrets (S-53). */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  const code = (error as { code?: unknown }).code;
  return { name, message, code, stack, ...(cause === undefined ? {} : { cause: describeError(cause) }) };
}

export function createLog(level: string, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // `err` is where Pino puts an Error that is given in place of fields, with everything that hangs on it.
      serializers: { error: describeError, err: describeError },
    },
    inert(destination ?? outputTo(1)),
  );
}

/** What could not be written and waits to be, in bytes; lines that come after that are dropped. */
const MOST_WAITING = 65_536;

/**
 * Where lines go. A disk that is full under the log must not end the broker: lines wait then until another one can be
 * written.
 *
 * @param file descriptor of a file that is open
 */
export function outputTo(file: number): DestinationStream {
  // With no `minLength` there is no `flush`.
  const output = pino.destination({ fd: file, sync: true, minLength: 1, maxLength: MOST_WAITING });
  output.on('error', () => undefined);
  // What is dropped is not tried, so what waits is.
  output.on('drop', () => output.flush());
  return output;
}

/** C1 controls (a terminal obeys them as it does Escape), DEL, line and paragraph separators, reversals of direction. */
const LIVELY = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** JSON escapes the other control characters; none of these stands outside a string, so the line stays JSON (S-133). */
function inert(destination: DestinationStream): DestinationStream {
  return {
    write: (line) => {
      destination.write(
        line.replace(LIVELY, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
      );
    },
  };
}

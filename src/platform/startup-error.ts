/** The broker cannot start, and a person can do something about it: `message` says what, without a stack. */
export class StartupError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StartupError';
  }
}

/** What can be told without a stack, also where TypeORM has wrapped it up as the error of a driver. */
export function startupErrorIn(error: unknown): StartupError | null {
  if (error instanceof StartupError) return error;
  const cause = (error as { driverError?: unknown } | null)?.driverError;
  return cause instanceof StartupError ? cause : null;
}

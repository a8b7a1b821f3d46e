import { UnconfirmedError } from '../platform/database/unconfirmed-error.js';
import { startupErrorIn } from '../platform/startup-error.js';

/** Makes a change. @throws UnconfirmedError with `howToSee`, where the database does not say whether it was made */
export async function elseSay<T>(howToSee: string, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const told = startupErrorIn(error);
    if (told instanceof UnconfirmedError) throw new UnconfirmedError(`${told.message} ${howToSee}`, error);
    throw error;
  }
}

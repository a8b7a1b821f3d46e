/** Something that is there at once or comes later: a promise for what is known already costs more than the answer (P-3). */
export type Soon<T> = T | Promise<T>;

/** Goes on with it, at once where it is there. */
export function soon<T, U>(value: Soon<T>, goOn: (value: T) => Soon<U>): Soon<U> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}

/** As `try … finally`, whenever the end comes. */
export function lastly<T>(work: () => Soon<T>, end: () => void): Soon<T> {
  let isOver = true;
  try {
    const value = work();
    if (!(value instanceof Promise)) return value;
    isOver = false;
    return value.finally(end);
  } finally {
    if (isOver) end();
  }
}

/** The words of lists that may be long: part of the catalogue in `messages.ts`. */
export const lists = {
  pager: 'More of this list',
  /** `last` counts from 1, as `first`. */
  shown: (first: number, last: number, total: number): string =>
    `${first === last ? first : `${first}–${last}`} of ${total}`,
  previous: 'Previous',
  next: 'Next',
  find: 'Find',
  findServer: 'Find a server by name or address',
  nothingFound: (typed: string): string => `None of your servers fits “${typed}”.`,
  showAll: 'Show all',
  andMore: (count: number): string => `and ${count} more`,
};

/** The words of the page with QR codes. */
export const codes = {
  heading: (server: string): string => `QR codes of ${server}`,
  intro: 'Scan one with another device to open the server there.',
  back: 'Back to your servers',
};

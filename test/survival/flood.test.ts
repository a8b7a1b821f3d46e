import { expect, test } from '@jest/globals';
import { ONCE_ONLY, requestOf } from './flood/requests.mjs';

const CAST = { accounts: 10_100, servers: 5_000, rich: 20 };

test.each([...ONCE_ONLY])(
  'a flood asks for each %s once, and says so when it has no more',
  (kind, howMany) => {
    const most = howMany(CAST);
    const asked = Array.from({ length: most }, (_none, at) => requestOf(kind, CAST, at).toString());
    expect(new Set(asked).size).toBe(most);
    expect(() => requestOf(kind, CAST, most)).toThrow(`there are ${most} to ask for ${kind}`);
  },
);

import { z } from 'zod';

/** What we issue is half as long; more is not worth reading. */
const LONGEST = 1_024;

/** The library signs `parameters` as a whole, so whatever else stands in there is kept. */
const schema = z.object({
  parameters: z.looseObject({
    algorithm: z.string(),
    nonce: z.string(),
    salt: z.string(),
    cost: z.number(),
    keyLength: z.number(),
    keyPrefix: z.string(),
    keySignature: z.string(),
    data: z.object({ issuedAt: z.number() }),
  }),
  signature: z.string(),
});

/** A challenge of the library as we use it: solved once, dated by our own clock. */
export type IssuedChallenge = z.infer<typeof schema>;

/** The challenge as it stands in a form. */
export function challengeText(challenge: object): string {
  return Buffer.from(JSON.stringify(challenge), 'utf8').toString('base64url');
}

/** The shape only: whether it is ours, the signature says. Null for anything else. */
export function readChallenge(text: string): IssuedChallenge | null {
  if (text.length > LONGEST) return null;
  const result = schema.safeParse(parsed(Buffer.from(text, 'base64url').toString('utf8')));
  return result.success ? result.data : null;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** `<counter>.<derived key in hex>` as `anti-robot.js` writes it; null for anything else. */
export function readSolution(text: string): { counter: number; derivedKey: string } | null {
  const [, counter, derivedKey] = /^(\d{1,10})\.([0-9a-f]{64})$/.exec(text) ?? [];
  return counter === undefined || derivedKey === undefined ? null : { counter: Number(counter), derivedKey };
}

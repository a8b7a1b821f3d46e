import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Random } from '../../shared/random.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm, type SigningKey } from './signing-keys.js';

/** A signing key as it is kept. */
export interface KeptSigningKey {
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  /** Milliseconds since 1970. */
  readonly activeFrom: number;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
}

/** Which key and when, without the secret. */
type Term = Pick<KeptSigningKey, 'id' | 'algorithm' | 'activeFrom'>;

const pair = promisify(generateKeyPair);

/** Makes a key of each kind that signs from `activeFrom` on; an RSA key takes a tenth of a second, beside the event loop. */
export function newSigningKeys(
  activeFrom: number,
  random: Random,
  algorithms = SIGNING_ALGORITHMS,
): Promise<KeptSigningKey[]> {
  const made = algorithms.map(async (algorithm) => {
    const pem = (await privateKeyFor(algorithm)).export({ type: 'pkcs8', format: 'pem' });
    const id = `${algorithm.toLowerCase()}-${random.hex(8)}`;
    return { id, algorithm, activeFrom, privateKey: pem.toString() };
  });
  return Promise.all(made);
}

async function privateKeyFor(algorithm: SigningAlgorithm): Promise<KeyObject> {
  const made =
    algorithm === 'ES256' ? pair('ec', { namedCurve: 'P-256' }) : pair('rsa', { modulusLength: 2048 });
  return (await made).privateKey;
}

/** @throws if it is no key, or not of its algorithm's kind */
export function opened({ privateKey: pem, ...rest }: KeptSigningKey): SigningKey {
  const privateKey = createPrivateKey(pem);
  const wanted = rest.algorithm === 'ES256' ? 'ec' : 'rsa';
  if (privateKey.asymmetricKeyType !== wanted) throw new Error('a key of another kind');
  return { ...rest, privateKey, publicKey: createPublicKey(privateKey) };
}

/** Of `keys`, those whose successor among `all` began to sign before `time`: nobody has tokens of them any more. */
export function replacedBefore<Key extends Term>(
  time: number,
  keys: readonly Key[],
  all: readonly Term[],
): Key[] {
  return keys.filter(({ algorithm, activeFrom }) =>
    all.some((other) => {
      const isNext = other.algorithm === algorithm && other.activeFrom > activeFrom;
      return isNext && other.activeFrom < time;
    }),
  );
}

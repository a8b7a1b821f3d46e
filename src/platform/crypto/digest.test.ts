import { expect, test } from '@jest/globals';
import { digestOf, sameDigest } from './digest.js';

test('a digest is SHA-256 in lower-case hex', () => {
  expect(digestOf('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(digestOf('é')).toBe('4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c');
});

test('digests are the same when they are equal, and of other length never', () => {
  expect(sameDigest(digestOf('a'), digestOf('a'))).toBe(true);
  expect(sameDigest(digestOf('a'), digestOf('b'))).toBe(false);
  expect(sameDigest(digestOf('a'), digestOf('a').slice(1))).toBe(false);
  expect(sameDigest('', '')).toBe(true);
});

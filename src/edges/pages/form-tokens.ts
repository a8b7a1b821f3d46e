import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { sameDigest } from '../../platform/crypto/digest.js';
import { KeyRing } from '../../platform/crypto/key-ring.js';
import { DomainError } from '../../shared/domain-error.js';

/** Name of the hidden field. */
export const FORM_TOKEN = 'formToken';

/**
 * Proof that a form came from a page that we gave to this very browser (S-113): a MAC over the id of its session, or,
 * before it is signed in, over a random cookie.
 */
@Injectable()
export class FormTokens {
  constructor(private readonly ring: KeyRing) {}

  of(browserKey: string): string {
    return this.ring.mac('mac', `form\n${browserKey}`);
  }

  /**
   * A form may have been opened before the browser signed in: each of its keys counts.
   *
   * @throws DomainError forbidden `form-stale`
   */
  require(request: FastifyRequest, ...browserKeys: readonly string[]): void {
    const body = Buffer.isBuffer(request.body) ? request.body.toString('latin1') : '';
    const given = new URLSearchParams(body).get(FORM_TOKEN) ?? '';
    if (browserKeys.some((key) => key !== '' && sameDigest(given, this.of(key)))) return;
    throw new DomainError('forbidden', 'form-stale', 'This form was sent from another page, or too late.');
  }
}

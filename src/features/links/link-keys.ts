import { Injectable } from '@nestjs/common';
import { KeyRing, SealBroken } from '../../platform/crypto/key-ring.js';
import { DomainError, invalidField } from '../../shared/domain-error.js';
import type { ServerId } from '../../shared/ids.js';
import type { Link } from './link.js';

type Place = Pick<Link, 'id' | 'serverId' | 'accountId'>;

/** Link keys at rest: encrypted, because the protocol must hand the same value out again and again (S-51). */
@Injectable()
export class LinkKeys {
  constructor(private readonly ring: KeyRing) {}

  /**
   * A key as a media server may give it: 32–128 of `[0-9A-Za-z-]`, kept exactly as sent (S-52).
   *
   * @throws DomainError invalid
   */
  checked(key: string): string {
    if (!/^[0-9A-Za-z-]{32,128}$/.test(key)) {
      throw invalidField('accessToken', 'must be 32 to 128 letters, digits or hyphens');
    }
    return key;
  }

  seal(key: string, { id, serverId, accountId }: Place): string {
    return this.ring.seal(key, ['link', id, serverId, accountId]);
  }

  /** @throws DomainError unavailable: a key that cannot be opened is trouble, never "no such link" (S-51) */
  open(sealed: string | null, { id, serverId, accountId }: Place): string {
    try {
      return this.ring.open(sealed ?? '', ['link', id, serverId, accountId]);
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      throw new DomainError('unavailable', 'link-key-unreadable', 'The broker cannot read a link key.', {
        cause: error,
      });
    }
  }

  /** Recognises a key that this server gave before. Media servers compare keys ignoring case (fact 5), so does this. */
  mac(serverId: ServerId, key: string): string {
    return this.ring.mac('mac', `link key\n${serverId}\n${key.toLowerCase()}`);
  }
}

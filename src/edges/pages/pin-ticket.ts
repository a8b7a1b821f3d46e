import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../platform/crypto/key-ring.js';
import { Clock, MINUTE } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import type { AccountId } from '../../shared/ids.js';

const LIFETIME_MS = 5 * MINUTE;
const CONTEXT = ['pin-ticket'];

/** Who may confirm which PIN. */
export interface PinTicket {
  readonly accountId: AccountId;
  readonly code: string;
}

/**
 * Carries "this person gave the password and saw this device" from the first step of linking a TV to the second, in a
 * hidden field, sealed. Only until there are web sessions: then the session says who it is.
 */
@Injectable()
export class PinTickets {
  constructor(
    private readonly ring: KeyRing,
    private readonly clock: Clock,
  ) {}

  issue(ticket: PinTicket): string {
    return this.ring.seal(JSON.stringify({ ...ticket, expires: this.clock.now() + LIFETIME_MS }), CONTEXT);
  }

  /** @throws DomainError gone `ticket-spent`: too old, or not one of ours (S-34) */
  open(sealed: string): PinTicket {
    const { accountId, code, expires } = this.#unsealed(sealed);
    if (expires <= this.clock.now()) throw ticketSpent();
    return { accountId, code };
  }

  #unsealed(sealed: string): PinTicket & { readonly expires: number } {
    try {
      return JSON.parse(this.ring.open(sealed, CONTEXT)) as PinTicket & { expires: number };
    } catch {
      // It came from outside: whatever does not open is the sender's fault, not a broken key ring.
      throw ticketSpent();
    }
  }
}

function ticketSpent(): DomainError {
  return new DomainError('gone', 'ticket-spent', 'This took too long. Start again.');
}

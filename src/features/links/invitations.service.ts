import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Clock, DAY, HOUR } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import { Random } from '../../shared/random.js';
import {
  AccountsService,
  emailAddress,
  isActive,
  SignUpService,
  userName,
  type Account,
  type SignUp,
} from '../accounts/index.js';
import { AuditTrail } from '../audit/index.js';
import { MailOutbox } from '../mail/index.js';
import { ServersService, type Server } from '../servers/index.js';
import { InvitationsRepository, type CountedBy, type MissedLookup } from './invitations.repository.js';
import { LinksRepository } from './links.repository.js';

/** What an invited person is shown before signing up. */
export interface SignUpInvitation {
  readonly email: string;
  readonly serverName: string;
  readonly requester: string | null;
}

/** Invitations to people who have no account yet. */
@Injectable()
export class InvitationsService {
  constructor(
    private readonly invitations: InvitationsRepository,
    private readonly links: LinksRepository,
    private readonly accounts: AccountsService,
    private readonly signUps: SignUpService,
    private readonly servers: ServersService,
    private readonly outbox: MailOutbox,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /**
   * Mails somebody on behalf of a server. The wire gives no credential, so the request counts only after a registered
   * server looked the address up in vain from the same network, for an account that exists, within the quotas
   * (W8, S-92). Otherwise nothing is sent, and the caller cannot tell.
   *
   * @returns whether a mail was queued, for the log
   * @throws DomainError invalid
   */
  async invite(email: string, requesterName: string, network: string): Promise<boolean> {
    emailAddress(email);
    userName(requesterName);
    const requester = await this.accounts.findByIdentifier(requesterName);
    if (!requester || !isActive(requester)) return false;
    const emailKey = email.toLowerCase();
    return this.unitOfWork.run(async () => {
      await this.unitOfWork.exclusive(`invitations to ${emailKey}`);
      const since = this.clock.now() - this.config.invitationLookupTtl;
      const lookup = await this.invitations.findMissedLookup(emailKey, network, since);
      const server = lookup && (await this.servers.find(lookup.serverId));
      if (!server || (await this.accounts.findByIdentifier(email)) || !(await this.#isWithinQuotas(lookup)))
        return false;
      await this.#send(email, server, requester, network);
      return true;
    });
  }

  /** What a live invitation says, or null (S-34). */
  async find(token: string): Promise<SignUpInvitation | null> {
    const invitation = await this.invitations.findLive(digestOf(token), this.clock.now());
    const server = invitation && (await this.servers.find(invitation.serverId));
    return server && { email: invitation.email, serverName: server.name, requester: invitation.requester };
  }

  /**
   * Signs up with an invitation: bound to the address it was mailed to, usable once (S-94), and proof enough of it.
   *
   * @throws DomainError gone `invitation-spent`, and what signing up throws
   */
  async signUp(token: string, given: Omit<SignUp, 'email'>): Promise<void> {
    const digest = digestOf(token);
    const invitation = await this.invitations.findLive(digest, this.clock.now());
    if (!invitation) throw invitationSpent();
    await this.signUps.signUpInvited({ ...given, email: invitation.email }, async () => {
      if (!(await this.invitations.use(digest, this.clock.now()))) throw invitationSpent();
    });
  }

  /** Rows are kept as long as a quota counts them. */
  async forgetOld(): Promise<void> {
    const now = this.clock.now();
    await this.unitOfWork.run(async () => {
      await this.invitations.removeMissedLookupsBefore(now - this.config.invitationLookupTtl);
      await this.invitations.removeCreatedBefore(now - 30 * DAY - this.config.invitationTtl);
    });
  }

  /** Counted in the database: a mail to a stranger must not be repeatable by a restart (S-92). */
  async #isWithinQuotas({ emailKey, serverId, network }: MissedLookup): Promise<boolean> {
    const { invitesRecipientDay, invitesRecipientMonth, invitesServerHour, invitesServerDay } = this.config;
    const quotas: [CountedBy, number, number][] = [
      [{ emailKey }, DAY, invitesRecipientDay],
      [{ emailKey }, 30 * DAY, invitesRecipientMonth],
      [{ serverId }, HOUR, invitesServerHour],
      [{ serverId }, DAY, invitesServerDay],
      [{ network }, HOUR, invitesServerHour],
      [{ network }, DAY, invitesServerDay],
      [{}, HOUR, this.config.invitesHour],
    ];
    if (this.config.limits === 'off') return true;
    for (const [by, period, most] of quotas) {
      if ((await this.invitations.countSince(by, this.clock.now() - period)) >= most) return false;
    }
    return true;
  }

  async #send(email: string, server: Server, requester: Account, network: string): Promise<void> {
    const token = this.random.hex(32);
    const now = this.clock.now();
    const expiresAt = now + this.config.invitationTtl;
    const isAdmin = await this.links.hasAccepted(server.id, requester.id);
    const name = isAdmin ? requester.userName : null;
    await this.invitations.add({
      id: this.random.hex(16),
      digest: digestOf(token),
      email,
      emailKey: email.toLowerCase(),
      serverId: server.id,
      network,
      requester: name,
      createdAt: now,
      expiresAt,
    });
    await this.audit.record({ kind: 'invitation-mailed', outcome: 'ok', serverId: server.id });
    await this.outbox.post(
      { kind: 'sign-up-invitation', requester: name, serverName: server.name, token },
      email,
      expiresAt,
    );
  }
}

function invitationSpent(): DomainError {
  return new DomainError(
    'gone',
    'invitation-spent',
    'This invitation does not work (any more). Ask for a new one.',
  );
}

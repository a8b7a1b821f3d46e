import { LinksService, type WaitingInvitation } from '../../../features/links/index.js';
import { fingerprintOf } from '../../../shared/fingerprint.js';
import type { LinkId } from '../../../shared/ids.js';
import { Priority } from '../../../platform/http/overload/priority.js';
import { ApiController, App, Body, Id, Operation } from '../api.decorators.js';
import type { AppCaller } from '../bearer/apps.service.js';
import { DeclineShape, InvitationListShape, type InvitationShape } from './links.shapes.js';

const OF_ID = 'Id of the invitation.';

/** Links that wait for the person's answer. */
@ApiController()
export class InvitationsController {
  constructor(private readonly links: LinksService) {}

  @Operation('GET', 'invitations', {
    id: 'listInvitations',
    tag: 'Invitations',
    summary: 'List the invitations',
    description: 'What servers have asked and the person has not answered.',
    scopes: ['links:manage', 'servers:read'],
    answer: { status: 200, description: 'The invitations.', type: InvitationListShape },
  })
  async list(@App() { account }: AppCaller): Promise<InvitationListShape> {
    return { invitations: (await this.links.waitingFor(account.id)).map(invitationShape) };
  }

  @Operation('POST', 'invitations/:id/accept', {
    id: 'acceptInvitation',
    tag: 'Invitations',
    summary: 'Accept an invitation',
    description:
      'The server comes into the list. Accepting again changes nothing, so an answer that was lost can be asked for again. Show the person name, host and fingerprint first: anybody can call a server anything.',
    scopes: ['links:manage'],
    ofId: OF_ID,
    answer: { status: 204, description: 'It is accepted.' },
    problems: ['link-unknown', 'server-linked-already'],
  })
  async accept(@App() { account }: AppCaller, @Id() id: LinkId): Promise<void> {
    await this.links.accept(account.id, { linkId: id });
  }

  @Priority('always')
  @Operation('POST', 'invitations/:id/decline', {
    id: 'declineInvitation',
    tag: 'Invitations',
    summary: 'Decline an invitation',
    description: 'The invitation is gone; with `block`, the server cannot ask again.',
    scopes: ['links:manage'],
    ofId: OF_ID,
    body: DeclineShape,
    answer: { status: 204, description: 'It is declined.' },
    problems: ['link-unknown'],
  })
  async decline(
    @App() { account }: AppCaller,
    @Id() id: LinkId,
    @Body() { block = false }: DeclineShape,
  ): Promise<void> {
    await this.links.answerOwn(account.id, id, block ? 'block' : 'decline');
  }
}

function invitationShape({ link, server, serverHost, twin }: WaitingInvitation): InvitationShape {
  return {
    id: link.id,
    serverId: server.id,
    serverName: server.name,
    serverHost,
    fingerprint: fingerprintOf(server.systemId),
    kind: link.kind,
    requester: link.requester,
    createdAt: new Date(link.createdAt).toISOString(),
    expiresAt: link.expiresAt === null ? null : new Date(link.expiresAt).toISOString(),
    ...(twin === null ? {} : { claimsToBe: { serverId: twin.id, serverName: twin.name } }),
  };
}

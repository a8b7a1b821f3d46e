import { DiscoveryService } from '../../../features/discovery/index.js';
import { LinksService, type UsableLink } from '../../../features/links/index.js';
import type { LinkId } from '../../../shared/ids.js';
import { Priority } from '../../../platform/http/overload/priority.js';
import { ApiController, App, Id, Operation } from '../api.decorators.js';
import type { AppCaller } from '../bearer/apps.service.js';
import { LinkListShape, type LinkShape } from './links.shapes.js';

/** The accepted links of the person. */
@ApiController()
export class LinksController {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly links: LinksService,
  ) {}

  @Operation('GET', 'links', {
    id: 'listLinks',
    tag: 'Links',
    summary: 'List the links',
    description: 'The servers that the person may use, without addresses and keys.',
    scopes: ['links:manage', 'servers:read'],
    answer: { status: 200, description: 'The links.', type: LinkListShape },
  })
  async list(@App() { account }: AppCaller): Promise<LinkListShape> {
    return { links: (await this.discovery.serversFor(account.id)).map(linkShape) };
  }

  @Priority('always')
  @Operation('DELETE', 'links/:id', {
    id: 'endLink',
    tag: 'Links',
    summary: 'Leave a server',
    description:
      'Ends the link at once: the server is gone from every list, and deletes the user if it was a guest. It can only be undone by a new invitation.',
    scopes: ['links:manage'],
    ofId: 'Id of the link.',
    answer: { status: 204, description: 'The link has ended.' },
    problems: ['link-unknown'],
  })
  async end(@App() { account }: AppCaller, @Id() id: LinkId): Promise<void> {
    await this.links.leave(account.id, id);
  }
}

function linkShape({ link, server }: UsableLink): LinkShape {
  return {
    id: link.id,
    serverId: server.id,
    serverName: server.name,
    kind: link.kind,
    createdAt: new Date(link.createdAt).toISOString(),
    acceptedAt: new Date(link.acceptedAt).toISOString(),
  };
}

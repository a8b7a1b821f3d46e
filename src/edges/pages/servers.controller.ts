import { DiscoveryService, type ServerInSight } from '../../features/discovery/index.js';
import { LinksService } from '../../features/links/index.js';
import type { SignedInBrowser } from '../../features/sessions/index.js';
import { DomainError, invalidField } from '../../shared/domain-error.js';
import type { ServerId } from '../../shared/ids.js';
import { Priority } from '../../platform/http/overload/priority.js';
import type { Form } from './form.js';
import { page, seeOther, type Page } from './html.js';
import {
  Browser,
  Fields,
  Network,
  PageController,
  Query,
  ShowSignedIn,
  SubmitSignedIn,
} from './page.decorators.js';
import { partOf } from './parts.js';
import { orAgain, type Problem } from './problem.js';
import { searched } from './server-search.js';
import { CodesPage } from './templates/codes.js';
import { LeavePage } from './templates/leave.js';
import { ServersPage } from './templates/servers.js';

/** The same in every language, so that the form can be checked without knowing which one it was read in. */
const LEAVE_WORD = 'leave';

/** So many have a good 20 KB, and with the longest names and addresses less than 45. */
const SERVERS_SHOWN = 10;

/** The servers of a person, and leaving one. */
@PageController()
export class ServersController {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly links: LinksService,
  ) {}

  @ShowSignedIn('servers')
  async show(
    @Browser() { account }: SignedInBrowser,
    @Network() network: string,
    @Query(['done', 'find', 'page']) query: Form,
  ): Promise<Page> {
    const servers = await this.discovery.inSightOf(account.id, network);
    const find = query.line('find').slice(0, 64);
    const part = partOf(searched(servers, find), query.text('page'), SERVERS_SHOWN);
    const isLong = servers.length > SERVERS_SHOWN;
    return page(ServersPage, { part, find, isLong, done: query.text('done') });
  }

  @ShowSignedIn('servers/codes')
  async showCodes(
    @Browser() browser: SignedInBrowser,
    @Network() network: string,
    @Query(['server']) query: Form,
  ): Promise<Page> {
    return page(CodesPage, { server: await this.#get(browser, network, query) });
  }

  @ShowSignedIn('servers/leave')
  askToLeave(
    @Browser() browser: SignedInBrowser,
    @Network() network: string,
    @Query(['server']) query: Form,
  ): Promise<Page> {
    return this.#ask(browser, network, query);
  }

  @Priority('always')
  @SubmitSignedIn('servers/leave')
  leave(
    @Browser() browser: SignedInBrowser,
    @Network() network: string,
    @Fields(['server', 'confirmation']) form: Form,
  ): Promise<Page> {
    return orAgain(
      async () => {
        requireWord(form);
        await this.links.endByAccount(browser.account.id, form.text('server') as ServerId);
        return seeOther('/servers?done=left');
      },
      (problem) => this.#ask(browser, network, form, problem),
    );
  }

  async #ask(browser: SignedInBrowser, network: string, form: Form, problem?: Problem): Promise<Page> {
    const server = await this.#get(browser, network, form);
    return page(LeavePage, { server, word: LEAVE_WORD, problem }, problem?.status);
  }

  async #get({ account }: SignedInBrowser, network: string, form: Form): Promise<ServerInSight> {
    const servers = await this.discovery.inSightOf(account.id, network);
    return servers.find(({ id }) => id === form.text('server')) ?? notThere();
  }
}

function requireWord(form: Form): void {
  if (form.text('confirmation').trim().toLowerCase() === LEAVE_WORD) return;
  throw invalidField('confirmation', `must be the word ${LEAVE_WORD}`);
}

/** Left already, or somebody else's (S-61). */
function notThere(): ServerInSight {
  throw new DomainError('not-found', 'link-unknown', 'You do not use such a server.');
}

import { LinksService, type WaitingInvitation } from '../../features/links/index.js';
import type { SignedInBrowser } from '../../features/sessions/index.js';
import { invalidField } from '../../shared/domain-error.js';
import { Priority } from '../../platform/http/overload/priority.js';
import type { Form } from './form.js';
import { page, seeOther, type Page } from './html.js';
import { Browser, Fields, PageController, Query, Show, Submit } from './page.decorators.js';
import { partOf, type Part } from './parts.js';
import { orAgain, orSpent, type Problem } from './problem.js';
import { AnsweredPage, InvitationPage } from './templates/invitation.js';
import { OwnInvitationsPage } from './templates/own-invitations.js';
import { signInPathFor } from './ways.js';

/** So many have 15 KB, and with the longest names not 40. */
const INVITATIONS_SHOWN = 10;

/**
 * What the mail about a waiting link leads to. The link in the mail is the proof: it went to the account's address.
 * Without one, the invitations of whoever is signed in.
 */
@PageController()
export class InvitationsController {
  constructor(private readonly links: LinksService) {}

  @Show('invitations')
  show(
    @Query(['token', 'done', 'page']) query: Form,
    @Browser() browser: SignedInBrowser | undefined,
  ): Promise<Page> | Page {
    const token = query.text('token');
    if (token !== '') return this.#ask(token);
    return browser ? this.#list(browser, query) : seeOther(signInPathFor('/invitations'));
  }

  @Priority('always')
  @Submit('invitations')
  answer(@Fields(['token', 'answer']) form: Form): Promise<Page> {
    const token = form.text('token');
    return orAgain(
      async () => {
        const answer = answerIn(form);
        const { server } = await this.links.answer(token, answer);
        return page(AnsweredPage, { answer, serverName: server.name });
      },
      (problem) => this.#ask(token, problem),
    );
  }

  async #list({ account }: SignedInBrowser, query: Form): Promise<Page> {
    const part = invitationsShown(await this.links.waitingFor(account.id), query.text('page'));
    return page(OwnInvitationsPage, { part, done: query.text('done'), problem: undefined });
  }

  async #ask(token: string, problem?: Problem): Promise<Page> {
    const invitation = orSpent(await this.links.findByAnswerToken(token), 'answer-spent');
    return page(InvitationPage, { token, invitation, problem }, problem?.status);
  }
}

/** Newest last, as they were asked; `page` as it stands in the address. */
export function invitationsShown(all: readonly WaitingInvitation[], page: string): Part<WaitingInvitation> {
  return partOf(all, page, INVITATIONS_SHOWN);
}

export function answerIn(form: Form): 'accept' | 'decline' {
  const answer = form.text('answer');
  if (answer !== 'accept' && answer !== 'decline') throw invalidField('answer', 'must be accept or decline');
  return answer;
}

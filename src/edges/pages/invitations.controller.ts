import { LinksService } from '../../features/links/index.js';
import { invalidField } from '../../shared/domain-error.js';
import type { Form } from './form.js';
import { page, type Page } from './html.js';
import { Fields, PageController, Query, Show, Submit } from './page.decorators.js';
import { orAgain, orSpent, type Problem } from './problem.js';
import { AnsweredPage, InvitationPage } from './templates/invitation.js';

/** What the mail about a waiting link leads to. The link in the mail is the proof: it went to the account's address. */
@PageController()
export class InvitationsController {
  constructor(private readonly links: LinksService) {}

  @Show('invitations')
  show(@Query(['token']) query: Form): Promise<Page> {
    return this.#ask(query.text('token'));
  }

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

  async #ask(token: string, problem?: Problem): Promise<Page> {
    const invitation = orSpent(await this.links.findByAnswerToken(token), 'answer-spent');
    return page(InvitationPage, { token, invitation, problem }, problem?.status);
  }
}

function answerIn(form: Form): 'accept' | 'decline' {
  const answer = form.text('answer');
  if (answer !== 'accept' && answer !== 'decline') throw invalidField('answer', 'must be accept or decline');
  return answer;
}

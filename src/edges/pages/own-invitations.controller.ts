import { LinksService } from '../../features/links/index.js';
import type { SignedInBrowser } from '../../features/sessions/index.js';
import { Priority } from '../../platform/http/overload/priority.js';
import type { Form } from './form.js';
import { page, seeOther, type Page } from './html.js';
import { answerIn, invitationsShown } from './invitations.controller.js';
import { Browser, Fields, PageController, Query, ShowSignedIn, SubmitSignedIn } from './page.decorators.js';
import { orAgain } from './problem.js';
import { BlockPage, ReplacePage } from './templates/invitation-steps.js';
import { OwnInvitationsPage } from './templates/own-invitations.js';

/** Answering invitations signed in; `invitations.controller.ts` lists them. */
@PageController()
export class OwnInvitationsController {
  constructor(private readonly links: LinksService) {}

  @Priority('always')
  @SubmitSignedIn('invitations/answer')
  answer(
    @Browser() { account }: SignedInBrowser,
    @Fields(['invitation', 'answer']) form: Form,
  ): Promise<Page> {
    return orAgain(
      async () => {
        const answer = answerIn(form);
        await this.links.answerOwn(account.id, form.text('invitation'), answer);
        return seeOther(answer === 'accept' ? '/servers?done=accepted' : '/invitations?done=declined');
      },
      async (problem) => {
        const part = invitationsShown(await this.links.waitingFor(account.id), '');
        return page(OwnInvitationsPage, { part, done: '', problem }, problem.status);
      },
    );
  }

  @ShowSignedIn('invitations/block')
  async askToBlock(
    @Browser() { account }: SignedInBrowser,
    @Query(['invitation']) query: Form,
  ): Promise<Page> {
    const invitation = await this.links.getInvitation(account.id, query.text('invitation'));
    return page(BlockPage, { invitation });
  }

  @Priority('always')
  @SubmitSignedIn('invitations/block')
  async block(@Browser() { account }: SignedInBrowser, @Fields(['invitation']) form: Form): Promise<Page> {
    await this.links.answerOwn(account.id, form.text('invitation'), 'block');
    return seeOther('/invitations?done=blocked');
  }

  @ShowSignedIn('invitations/replace')
  async askToReplace(
    @Browser() { account }: SignedInBrowser,
    @Query(['invitation']) query: Form,
  ): Promise<Page> {
    const invitation = await this.links.getInvitation(account.id, query.text('invitation'));
    return page(ReplacePage, { invitation });
  }

  @SubmitSignedIn('invitations/replace')
  async replace(@Browser() { account }: SignedInBrowser, @Fields(['invitation']) form: Form): Promise<Page> {
    await this.links.answerOwn(account.id, form.text('invitation'), 'replace');
    return seeOther('/servers?done=replaced');
  }
}

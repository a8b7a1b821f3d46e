import { RecoveryService } from '../../features/accounts/index.js';
import type { Form } from './form.js';
import { GuardedForm, ROBOT_FIELDS } from './guarded-form.js';
import { page, type Page } from './html.js';
import { Fields, Network, PageController, Show, Submit } from './page.decorators.js';
import { ForgotPage, ForgotSentPage } from './templates/forgot.js';

/** Asking for a link to set a new password (S-32). */
@PageController()
export class ForgotController {
  constructor(
    private readonly recovery: RecoveryService,
    private readonly guarded: GuardedForm,
  ) {}

  @Show('forgot')
  show(): Promise<Page> {
    return this.guarded.show((robot) => page(ForgotPage, { identifier: '', robot, problem: undefined }));
  }

  @Submit('forgot')
  submit(@Fields(['identifier', ...ROBOT_FIELDS]) form: Form, @Network() network: string): Promise<Page> {
    const identifier = form.line('identifier');
    return this.guarded.submit(
      form,
      async () => {
        await this.recovery.forgot(identifier, network);
        return page(ForgotSentPage, {}, 202);
      },
      (robot, problem) => page(ForgotPage, { identifier, robot, problem }, problem?.status),
    );
  }
}

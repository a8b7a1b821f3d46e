import { ApiController, App, Operation } from '../api.decorators.js';
import type { AppCaller } from '../bearer/apps.service.js';
import { ProfileShape } from './people.shapes.js';

/** Whose account it is: enough to say "signed in as". */
@ApiController()
export class ProfileController {
  @Operation('GET', 'profile', {
    id: 'getProfile',
    tag: 'Account',
    summary: 'Whose account it is',
    description:
      'Enough to say “signed in as …”. Any access token will do; the e-mail address needs the scope `email`.',
    scopes: [],
    answer: { status: 200, description: 'The account.', type: ProfileShape },
  })
  show(@App() { account, scopes }: AppCaller): ProfileShape {
    const { id, userName, email } = account;
    return { id, userName, ...(scopes.has('email') ? { email } : {}) };
  }
}

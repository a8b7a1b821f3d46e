import type { VNode } from 'preact';
import type { Account, Findable } from '../../../features/accounts/index.js';
import { useMessages } from '../html.js';
import { Copy, CopyScript } from './copy.js';
import { FormToken } from './field.js';
import { Layout } from './layout.js';

interface ProfileProps {
  readonly account: Account;
  readonly findable: Findable;
  readonly done: string;
}

export function ProfilePage({ account, findable, done }: ProfileProps): VNode {
  const { profile: words } = useMessages().signedIn;
  return (
    <Layout heading={words.heading} section="profile" done={done}>
      <CopyScript />
      <h2>{words.account}</h2>
      <Credentials account={account} />
      <h2>{words.findable}</h2>
      <FindableForm findable={findable} />
      <h2>{words.more}</h2>
      <ul class="list links">
        <More href="/profile/activity" label={words.history} hint={words.historyHint} />
        <More href="/profile/export" label={words.export} hint={words.exportHint} />
        <More href="/profile/delete" label={words.delete} hint={words.deleteHint} />
      </ul>
    </Layout>
  );
}

function Credentials({ account }: Pick<ProfileProps, 'account'>): VNode {
  const { fields, signedIn } = useMessages();
  const { profile: words } = signedIn;
  const { userName, email } = account;
  return (
    <dl class="facts acting">
      <div>
        <dt>{fields.userName}</dt>
        <dd>
          <span id="own-name">{userName}</span>
          <Copy text={userName} id="copy-name" of="own-name" />
        </dd>
      </div>
      <div>
        <dt>{fields.email}</dt>
        <dd>
          <span>{email}</span>
          <a class="small" href="/profile/email" aria-label={words.changeEmail}>
            {words.change}
          </a>
        </dd>
      </div>
      <div>
        <dt>{fields.password}</dt>
        <dd>
          <span class="soft">{words.passwordShown}</span>
          <a class="small" href="/profile/password" aria-label={words.changePassword}>
            {words.change}
          </a>
        </dd>
      </div>
    </dl>
  );
}

function FindableForm({ findable }: Pick<ProfileProps, 'findable'>): VNode {
  const { profile: words } = useMessages().signedIn;
  return (
    <form method="post" action="/profile/findable" class="switches">
      <FormToken />
      <p class="soft" id="findable-hint">
        {words.findableIntro}
      </p>
      {(['findableByName', 'findableByEmail'] as const).map((name) => (
        <label class="check">
          <input
            type="checkbox"
            name={name}
            value="yes"
            checked={findable[name]}
            aria-describedby="findable-hint"
          />
          {words[name]}
        </label>
      ))}
      <button class="small" type="submit">
        {words.save}
      </button>
    </form>
  );
}

function More({ href, label, hint }: { href: string; label: string; hint: string }): VNode {
  return (
    <li>
      <a href={href}>{label}</a>
      <p class="soft">{hint}</p>
    </li>
  );
}

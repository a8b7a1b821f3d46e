import type { VNode } from 'preact';
import { useMessages } from '../html.js';
import type { Problem } from '../problem.js';
import { Field, Summary } from './field.js';
import { Layout } from './layout.js';

interface ConfirmProps {
  readonly token: string;
  readonly userName: string;
  readonly problem: Problem | undefined;
}

export function ConfirmPage({ token, userName, problem }: ConfirmProps): VNode {
  const { confirm } = useMessages();
  return (
    <Layout heading={confirm.heading} hasProblem={problem !== undefined}>
      <p>{confirm.intro}</p>
      <Summary problem={problem} problemText={confirm.wrongPassword} />
      <form method="post" action="/confirm">
        <input type="hidden" name="token" value={token} />
        <Field name="userName" autocomplete="username" value={userName} readonly />
        <Field
          name="password"
          type="password"
          autocomplete="current-password"
          problem={problem}
          problemText={confirm.wrongPassword}
        />
        <button class="button" type="submit">
          {confirm.submit}
        </button>
        <p class="soft after">{confirm.notYours}</p>
      </form>
    </Layout>
  );
}

export function ConfirmedPage({ userName }: { userName: string }): VNode {
  const { confirm, front } = useMessages();
  return (
    <Layout heading={confirm.doneHeading}>
      <p>{confirm.done(userName)}</p>
      <p>{confirm.doneNext}</p>
      <p class="actions">
        <a class="button" href="/pin">
          {front.linkDevice}
        </a>
      </p>
    </Layout>
  );
}

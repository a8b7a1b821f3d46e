import type { VNode } from 'preact';
import { useMessages } from '../html.js';
import { Layout } from './layout.js';

export function StopPage({ token, email }: { token: string; email: string }): VNode {
  const { stop: words } = useMessages();
  return (
    <Layout heading={words.heading}>
      <p>{words.intro(email)}</p>
      <form method="post" action="/stop" class="actions">
        <input type="hidden" name="token" value={token} />
        <button class="button" type="submit">
          {words.submit}
        </button>
      </form>
    </Layout>
  );
}

export function StoppedPage({ email }: { email: string }): VNode {
  const { stop: words, errors } = useMessages();
  return (
    <Layout heading={words.doneHeading}>
      <p>{words.done(email)}</p>
      <p class="actions">
        <a class="button quiet" href="/">
          {errors.toFront}
        </a>
      </p>
    </Layout>
  );
}

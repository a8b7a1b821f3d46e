import type { VNode } from 'preact';
import { useMessages } from '../html.js';
import { Layout } from './layout.js';

export function FrontPage({ takesEverybody }: { takesEverybody: boolean }): VNode {
  const { front } = useMessages();
  return (
    <Layout heading={front.heading}>
      {front.intro.map((text) => (
        <p>{text}</p>
      ))}
      {takesEverybody ? null : <p class="soft">{front.invited}</p>}
      <p class="actions">
        {takesEverybody ? (
          <a class="button" href="/sign-up">
            {front.signUp}
          </a>
        ) : null}
        <a class={takesEverybody ? 'button quiet' : 'button'} href="/sign-in">
          {front.signIn}
        </a>
      </p>
    </Layout>
  );
}

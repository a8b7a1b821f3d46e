import type { VNode } from 'preact';
import { useMessages, useVisitor } from '../html.js';
import { FormToken } from './field.js';

/** The pages of a signed-in person, as they stand in the navigation. */
export type Section = 'servers' | 'invitations' | 'pin' | 'devices' | 'profile';

const SECTIONS: readonly Section[] = ['servers', 'invitations', 'pin', 'devices', 'profile'];

/** Where a signed-in person can go; nothing for others. */
export function Navigation({ section }: { section: Section | undefined }): VNode | null {
  const { navigation: words } = useMessages().signedIn;
  if (useVisitor().userName === null) return null;
  return (
    <nav class="ways" aria-label={words.label}>
      <ul>
        {SECTIONS.map((name) => (
          <li>
            <a href={`/${name}`} aria-current={name === section ? 'page' : undefined}>
              {words[name]}
              {name === 'invitations' ? <Waiting /> : null}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Waiting(): VNode | null {
  const { navigation: words } = useMessages().signedIn;
  const { invitations } = useVisitor();
  if (invitations === 0) return null;
  return (
    <span class="count">
      {invitations}
      <span class="unseen"> {words.waiting}</span>
    </span>
  );
}

/** A button, because signing out changes something (S-113). */
export function SignOut(): VNode | null {
  const { navigation: words } = useMessages().signedIn;
  const { userName } = useVisitor();
  if (userName === null) return null;
  return (
    <form class="sign-out" method="post" action="/sign-out">
      <FormToken />
      <span class="who">
        <bdi>{userName}</bdi>
      </span>
      <button type="submit">{words.signOut}</button>
    </form>
  );
}

import type { VNode } from 'preact';
import type { OidcErrorFacts, SignOutFacts } from '../../../features/oauth/index.js';
import { useMessages } from '../html.js';
import { shown } from '../shown.js';
import { Layout } from './layout.js';

/** A site has sent the person here to sign out. */
export function SignOutPage({ action, xsrf, siteName, userName }: SignOutFacts): VNode {
  const { letting: words } = useMessages();
  return (
    <Layout heading={words.signOutHeading}>
      {siteName === null ? null : <p>{words.signOutAsked(shown(siteName))}</p>}
      <p>{userName === null ? words.nobody : words.signOutIntro(userName)}</p>
      <form method="post" action={action} class="actions">
        <input type="hidden" name="xsrf" value={xsrf} />
        <button class="button" type="submit" name="logout" value="yes">
          {userName === null ? words.goOn : words.signOut}
        </button>
        {userName === null ? null : (
          <button class="button quiet" type="submit">
            {words.stay}
          </button>
        )}
      </form>
    </Layout>
  );
}

export function SignedOutPage(): VNode {
  const { letting: words } = useMessages();
  return (
    <Layout heading={words.signedOutHeading}>
      <p>{words.signedOut}</p>
    </Layout>
  );
}

/** The code is for whoever maintains the app or site. */
export function OidcErrorPage({ code }: OidcErrorFacts): VNode {
  const { letting: words, errors } = useMessages();
  const known: Readonly<Record<string, string>> = words.errors;
  return (
    <Layout heading={words.errorHeading}>
      <p>{known[code] ?? words.errors.other}</p>
      <p class="soft">
        <code>{code}</code>
      </p>
      <p class="actions">
        <a class="button" href="/">
          {errors.toFront}
        </a>
      </p>
    </Layout>
  );
}

import type { ComponentChildren, VNode } from 'preact';
import { mark, stylesheet } from '../assets.js';
import { useMessages, useVisitor } from '../html.js';
import { Navigation, SignOut, type Section } from './navigation.js';
import { Unbroken } from './unbroken.js';

interface LayoutProps {
  /** The one h1, and the start of the title. */
  readonly heading: string;
  /** The form came back: the title says so first. */
  readonly hasProblem?: boolean;
  /** Where in the navigation of signed-in people this page belongs. */
  readonly section?: Section;
  /** Code of what was just done, from the address of the page; unknown ones say nothing. */
  readonly done?: string | undefined;
  /** Long text, which wants wide lines, whoever reads it. */
  readonly isWide?: boolean;
  readonly children: ComponentChildren;
}

/** The one look of all pages: mark, the way around for signed-in people, one card, one line below. */
export function Layout(props: LayoutProps): VNode {
  const { heading, hasProblem = false, section, done = '', isWide = false, children } = props;
  const words = useMessages();
  const isSignedIn = useVisitor().userName !== null;
  return (
    <html lang={words.language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{hasProblem ? words.titleWithProblem(heading) : words.title(heading)}</title>
        <link rel="icon" href={mark} type="image/svg+xml" />
        <link rel="stylesheet" href={stylesheet} />
      </head>
      <body class={isSignedIn || isWide ? 'inside' : undefined}>
        <a class="skip" href="#main">
          {words.skip}
        </a>
        <header class="top">
          <a class="brand" href={isSignedIn ? '/servers' : '/'}>
            <img src={mark} alt="" width="32" height="32" />
            {words.brand}
          </a>
          <SignOut />
          <Navigation section={section} />
        </header>
        <main id="main">
          <Done code={done} />
          <h1>
            <Unbroken text={heading} />
          </h1>
          {children}
        </main>
        <footer class="bottom">
          <p>{words.footer}</p>
        </footer>
      </body>
    </html>
  );
}

/** What was just done, after a form that worked. */
function Done({ code }: { code: string }): VNode | null {
  const known: Readonly<Record<string, string>> = useMessages().signedIn.done;
  if (!Object.hasOwn(known, code)) return null;
  return (
    <p class="note good" role="status">
      {known[code]}
    </p>
  );
}

import type { ComponentChildren, VNode } from 'preact';
import { mark, stylesheet } from '../assets.js';
import { useMessages } from '../html.js';

interface LayoutProps {
  /** The one h1, and the start of the title. */
  readonly heading: string;
  /** The form came back: the title says so first. */
  readonly hasProblem?: boolean;
  readonly children: ComponentChildren;
}

/** The one look of all pages: mark, one card, one line below. */
export function Layout({ heading, hasProblem = false, children }: LayoutProps): VNode {
  const words = useMessages();
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
      <body>
        <a class="skip" href="#main">
          {words.skip}
        </a>
        <header class="top">
          <a class="brand" href="/">
            <img src={mark} alt="" width="32" height="32" />
            {words.brand}
          </a>
        </header>
        <main id="main">
          <h1>{heading}</h1>
          {children}
        </main>
        <footer class="bottom">
          <p>{words.footer}</p>
        </footer>
      </body>
    </html>
  );
}

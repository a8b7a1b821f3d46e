import type { VNode } from 'preact';
import type { Address, ServerInSight } from '../../../features/discovery/index.js';
import { useMessages } from '../html.js';
import { qrCode } from '../qr-code.js';
import { shown } from '../shown.js';
import { Layout } from './layout.js';

/** A page of its own, because a code has some 3 KB: it is drawn for who asks for it. */
export function CodesPage({ server }: { server: ServerInSight }): VNode {
  const { codes: words } = useMessages().signedIn;
  return (
    <Layout heading={words.heading(shown(server.name))} section="servers">
      <p>{words.intro}</p>
      {server.addresses.map((address) => (
        <Code address={address} />
      ))}
      <p class="actions">
        <a class="button quiet" href="/servers">
          {words.back}
        </a>
      </p>
    </Layout>
  );
}

/** Drawn here, so that nobody else learns where the server is. Always dark on light: some cameras read nothing else. */
function Code({ address: { url, scope } }: { address: Address }): VNode {
  const { servers: words } = useMessages().signedIn;
  const { size, path } = qrCode(url);
  return (
    <figure>
      <figcaption>
        {words[scope]}
        <span class="exact">{url}</span>
      </figcaption>
      <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={words.codeOf(url)}>
        <rect width={size} height={size} fill="#fff" />
        <path d={path} fill="#000" shape-rendering="crispEdges" />
      </svg>
    </figure>
  );
}

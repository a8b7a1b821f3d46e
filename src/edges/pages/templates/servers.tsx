import type { VNode } from 'preact';
import type { Address, ServerInSight } from '../../../features/discovery/index.js';
import { useMessages, useVisitor } from '../html.js';
import { qrCode } from '../qr-code.js';
import { shown } from '../shown.js';
import { Copy, CopyScript } from './copy.js';
import { Layout } from './layout.js';

const TWO_DAYS_MS = 2 * 86_400_000;

/** A code has some 3 KB, and a page is to stay small; who has more servers still has open and copy. */
const MOST_CODES = 10;

interface ServersProps {
  readonly servers: readonly ServerInSight[];
  readonly done: string;
}

export function ServersPage({ servers, done }: ServersProps): VNode {
  const { servers: words } = useMessages().signedIn;
  return (
    <Layout heading={words.heading} section="servers" done={done}>
      <CopyScript />
      {servers.length === 0 ? <NoServer /> : <Servers servers={servers} />}
    </Layout>
  );
}

function Servers({ servers }: { servers: readonly ServerInSight[] }): VNode {
  return (
    <ul class="list">
      {servers.map((server) => (
        <Server server={server} hasCode={servers.length <= MOST_CODES} />
      ))}
    </ul>
  );
}

function Server({ server, hasCode }: { server: ServerInSight; hasCode: boolean }): VNode {
  const { servers: words } = useMessages().signedIn;
  const name = shown(server.name);
  const [best] = server.addresses;
  return (
    <li>
      <div class="head">
        <h2>
          <bdi>{name}</bdi>
        </h2>
        <a class="small" href={`/servers/leave?server=${server.id}`} aria-label={words.leaveServer(name)}>
          {words.leave}
        </a>
      </div>
      <p class="soft">
        {words[server.kind]} · {words.heard(server.silentMs)}
        {server.silentMs >= TWO_DAYS_MS ? `. ${words.silent}` : null}
      </p>
      <ul class="addresses" aria-label={words.addresses}>
        {server.addresses.map((address) => (
          <Way address={address} isBest={address === best && server.addresses.length > 1} of={name} />
        ))}
      </ul>
      {hasCode && best ? <Code url={best.url} /> : null}
    </li>
  );
}

function Way({ address, isBest, of }: { address: Address; isBest: boolean; of: string }): VNode {
  const { servers: words } = useMessages().signedIn;
  const { url, scope } = address;
  return (
    <li>
      <div class="address">
        <span class="soft">
          {words[scope]}
          {isBest ? <span class="tag">{words.best}</span> : null}
        </span>
        <span class="exact">{url}</span>
      </div>
      <div class="acts">
        <a class="small" href={url} rel="noreferrer" aria-label={words.openAt(of, url)}>
          {words.open}
        </a>
        <Copy text={url} label={words.copyOf(url)} />
      </div>
    </li>
  );
}

/** Drawn here, so that nobody else learns where the server is. Always dark on light: some cameras read nothing else. */
function Code({ url }: { url: string }): VNode {
  const { servers: words } = useMessages().signedIn;
  const { size, path } = qrCode(url);
  return (
    <details>
      <summary>{words.code}</summary>
      <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={words.codeOf(url)}>
        <rect width={size} height={size} fill="#fff" />
        <path d={path} fill="#000" shape-rendering="crispEdges" />
      </svg>
    </details>
  );
}

/** What to ask an admin for. */
function NoServer(): VNode {
  const { signedIn } = useMessages();
  const userName = useVisitor().userName ?? '';
  return (
    <>
      <h2>{signedIn.servers.emptyHeading}</h2>
      <p>{signedIn.servers.empty}</p>
      <p class="handle">
        <strong class="exact">{userName}</strong>
        <Copy text={userName} label={signedIn.servers.copyOf(userName)} />
      </p>
      <p class="soft">{signedIn.servers.emptyNext}</p>
    </>
  );
}

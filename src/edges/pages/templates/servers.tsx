import type { VNode } from 'preact';
import type { Address, ServerInSight } from '../../../features/discovery/index.js';
import { useMessages, useVisitor } from '../html.js';
import type { Part } from '../parts.js';
import { shown } from '../shown.js';
import { Copy, CopyScript } from './copy.js';
import { Layout } from './layout.js';
import { Pager } from './pager.js';
import { ServerSearch } from './server-search.js';

const TWO_DAYS_MS = 2 * 86_400_000;

interface ServersProps {
  readonly part: Part<ServerInSight>;
  /** What was searched for. */
  readonly find: string;
  /** The list is so long that it can be searched. */
  readonly isLong: boolean;
  readonly done: string;
}

export function ServersPage({ part, find, isLong, done }: ServersProps): VNode {
  const { servers: words } = useMessages().signedIn;
  const isEmpty = part.total === 0 && !isLong;
  return (
    <Layout heading={words.heading} section="servers" done={done}>
      <CopyScript />
      {isLong ? <ServerSearch find={find} hasFound={part.total > 0} /> : null}
      {isEmpty ? <NoServer /> : null}
      {part.total === 0 ? null : (
        <ul class="list">
          {part.items.map((server, index) => (
            <Server server={server} id={`s${index}`} />
          ))}
        </ul>
      )}
      <Pager part={part} path="/servers" find={find} />
    </Layout>
  );
}

/** Texts that buttons are named by are pointed to, not repeated: there may be many, and they may be long. */
function Server({ server, id }: { server: ServerInSight; id: string }): VNode {
  const { servers: words } = useMessages().signedIn;
  const [best] = server.addresses;
  const step = (path: string, label: string): VNode => (
    <a
      id={`${id}-${path}`}
      href={`/servers/${path}?server=${server.id}`}
      aria-labelledby={`${id}-${path} ${id}`}
    >
      {label}
    </a>
  );
  return (
    <li>
      <h2 id={id}>
        <bdi>{shown(server.name)}</bdi>
      </h2>
      <p class="soft">
        {words[server.kind]}. {words.heard(server.silentMs)}.{' '}
        {server.silentMs >= TWO_DAYS_MS ? words.silent : null}
      </p>
      <ul class="addresses" aria-label={words.addresses}>
        {server.addresses.map((address, index) => (
          <Way
            address={address}
            isBest={address === best && server.addresses.length > 1}
            of={id}
            id={`${id}-${index}`}
          />
        ))}
      </ul>
      <p class="steps">
        {step('codes', words.code)}
        {step('leave', words.leave)}
      </p>
    </li>
  );
}

interface WayProps {
  readonly address: Address;
  readonly isBest: boolean;
  /** Id of the server's name. */
  readonly of: string;
  readonly id: string;
}

function Way({ address, isBest, of, id }: WayProps): VNode {
  const { servers: words } = useMessages().signedIn;
  const { url, scope } = address;
  return (
    <li>
      <div class="address">
        <span class="soft">
          {words[scope]}
          {isBest ? <span class="tag">{words.best}</span> : null}
        </span>
        <span class="exact" id={id}>
          {url}
        </span>
      </div>
      <div class="acts">
        <a class="small" id={`${id}-o`} href={url} rel="noreferrer" aria-labelledby={`${id}-o ${of} ${id}`}>
          {words.open}
        </a>
        <Copy text={url} id={`${id}-c`} of={id} />
      </div>
    </li>
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
        <strong class="exact" id="own-name">
          {userName}
        </strong>
        <Copy text={userName} id="copy-name" of="own-name" />
      </p>
      <p class="soft">{signedIn.servers.emptyNext}</p>
    </>
  );
}

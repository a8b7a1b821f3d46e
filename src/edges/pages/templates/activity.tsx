import type { VNode } from 'preact';
import type { LookupCount, RecordedEvent } from '../../../features/audit/index.js';
import { appLabel } from '../app-name.js';
import { useMessages } from '../html.js';
import { coarse } from '../networks.js';
import { shown } from '../shown.js';
import { Layout } from './layout.js';

interface ActivityProps {
  readonly events: readonly RecordedEvent[];
  readonly lookups: readonly LookupCount[];
  /** Of the visitor. */
  readonly network: string;
}

/** What happened to the account (S-132), and how often which server looked it up (S-33). */
export function ActivityPage({ events, lookups, network }: ActivityProps): VNode {
  const { history: words } = useMessages().signedIn;
  return (
    <Layout heading={words.heading} section="profile">
      <p>
        {words.intro} <a href="/profile/password">{words.change}</a>.
      </p>
      {events.length === 0 ? <p class="soft">{words.empty}</p> : null}
      <ul class="list events">
        {told(events).map((event) => (
          <Event event={event} here={network} />
        ))}
      </ul>
      {lookups.length === 0 ? null : <Lookups lookups={lookups} />}
    </Layout>
  );
}

/** That the password was right is told by what it was entered for, in the same request. */
function told(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  const acts = new Set(events.filter(({ kind }) => kind !== 'sign-in').map(({ requestId }) => requestId));
  const isRight = ({ kind, outcome }: RecordedEvent): boolean => kind === 'sign-in' && outcome === 'ok';
  return events.filter((event) => !isRight(event) || !acts.has(event.requestId));
}

const OF_APPS: ReadonlySet<string> = new Set(['device-signed-in', 'device-ended', 'pin-confirmed']);

function Event({ event, here }: { event: RecordedEvent; here: string }): VNode {
  const { history: words, moment } = useMessages().signedIn;
  const { at, kind, outcome, detail, network } = event;
  const place = coarse(network);
  const from = network === here ? words.fromYours : words.from(place);
  return (
    <li>
      <bdi>{words.event(kind, outcome, shown(OF_APPS.has(kind) ? appLabel(detail) : detail))}</bdi>
      <span class="soft">
        <time dateTime={new Date(at).toISOString()}>{moment(at)}</time>
        {place === '' ? null : from}
      </span>
    </li>
  );
}

function Lookups({ lookups }: { lookups: readonly LookupCount[] }): VNode {
  const { history: words } = useMessages().signedIn;
  return (
    <>
      <h2>{words.lookupsHeading}</h2>
      <p class="soft">{words.lookupsIntro}</p>
      <ul class="list events">
        {lookups.map(({ serverName, count }) => (
          <li>
            <bdi>{shown(serverName)}</bdi>
            <span class="soft">{words.times(count)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

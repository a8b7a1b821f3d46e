import type { VNode } from 'preact';
import type { LookupCount, RecordedEvent } from '../../../features/audit/index.js';
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
      <p>{words.intro}</p>
      {events.length === 0 ? <p class="soft">{words.empty}</p> : null}
      <ul class="list events">
        {events.map((event) => (
          <Event event={event} here={network} />
        ))}
      </ul>
      {lookups.length === 0 ? null : <Lookups lookups={lookups} />}
    </Layout>
  );
}

function Event({ event, here }: { event: RecordedEvent; here: string }): VNode {
  const { history: words, moment } = useMessages().signedIn;
  const { at, kind, outcome, detail, network } = event;
  const place = network === here ? words.yourNetwork : coarse(network);
  return (
    <li>
      <bdi>{words.event(kind, outcome, shown(detail))}</bdi>
      <span class="soft">
        <time dateTime={new Date(at).toISOString()}>{moment(at)}</time>
        {place === '' ? null : ` ${words.from(place)}`}
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

import type { VNode } from 'preact';
import type { AppSignIn } from '../../../features/oauth/index.js';
import type { Device, WebSession } from '../../../features/sessions/index.js';
import { useMessages } from '../html.js';
import { coarse } from '../networks.js';
import type { Problem } from '../problem.js';
import { shown } from '../shown.js';
import { Field, FormToken, Summary } from './field.js';
import { Layout } from './layout.js';
import { Owner } from './owner.js';

interface DevicesProps {
  readonly devices: readonly Device[];
  /** Let in through OAuth: apps, and sites. */
  readonly apps: readonly AppSignIn[];
  readonly browsers: readonly WebSession[];
  /** Id of the session that looks at this page. */
  readonly here: string;
  /** Of the visitor. */
  readonly network: string;
  readonly now: number;
  readonly done: string;
}

export function DevicesPage({ devices, apps, browsers, here, network, now, done }: DevicesProps): VNode {
  const { devices: words } = useMessages().signedIn;
  return (
    <Layout heading={words.heading} section="devices" done={done}>
      <p>{words.intro}</p>
      <h2>{words.apps}</h2>
      {devices.length + apps.length === 0 ? <p class="soft">{words.noApps}</p> : null}
      <ul class="list">
        {devices.map((device) => (
          <SignedIn {...facts(device, network, now)} {...named(device, words.unnamedApp)} act="device" />
        ))}
        {apps.map((app) => (
          <SignedIn {...facts(app, network, now)} name={app.appName} more={app.deviceName} act="app" />
        ))}
      </ul>
      <h2>{words.browsers}</h2>
      <ul class="list">
        {browsers.map((session) => (
          <SignedIn
            {...facts(session, network, now)}
            name={session.browser === '' ? words.unnamedBrowser : session.browser}
            act={session.id === here ? null : 'browser'}
          />
        ))}
      </ul>
      <p class="actions">
        <a class="button quiet" href="/devices/end-others">
          {words.endOthers}
        </a>
      </p>
    </Layout>
  );
}

interface SignedInProps {
  readonly id: string;
  readonly name: string;
  /** What else it calls itself. */
  readonly more?: string;
  readonly createdMs: number;
  readonly usedMs: number;
  /** Where it signed in, coarsely; null where the visitor is, '' where that is not known any more. */
  readonly place: string | null;
  /** Which form ends it; null for the browser that is looking. */
  readonly act: 'device' | 'app' | 'browser' | null;
}

function SignedIn({ id, name, more = '', createdMs, usedMs, place, act }: SignedInProps): VNode {
  const { devices: words } = useMessages().signedIn;
  return (
    <li class="row">
      <div>
        <h3>
          <bdi>{shown(name)}</bdi>
          {act === null ? <span class="tag">{words.here}</span> : null}
        </h3>
        {more === '' ? null : (
          <p>
            <bdi>{shown(more)}</bdi>
          </p>
        )}
        <p class="soft">
          {words.signedIn(createdMs)}
          {place === '' ? null : ` ${words.from} ${place ?? words.yourNetwork}`}, {words.used(usedMs)}
        </p>
      </div>
      {act === null ? null : <End id={id} name={shown(name)} act={act} />}
    </li>
  );
}

function End({ id, name, act }: { id: string; name: string; act: 'device' | 'app' | 'browser' }): VNode {
  const { devices: words } = useMessages().signedIn;
  return (
    <form method="post" action={`/devices/end-${act}`}>
      <FormToken />
      <input type="hidden" name={act} value={id} />
      <button class="small" type="submit" aria-label={words.endNamed(name)}>
        {words.end}
      </button>
    </form>
  );
}

type Facts = Pick<SignedInProps, 'id' | 'createdMs' | 'usedMs' | 'place'>;

function facts(
  { id, createdAt, lastUsedAt, network }: Device | AppSignIn | WebSession,
  here: string,
  now: number,
): Facts {
  const place = network === here ? null : coarse(network);
  return { id, createdMs: now - createdAt, usedMs: now - lastUsedAt, place };
}

/** An app that does not say what it is called may still say on what it runs. */
function named({ app, name }: Device, unnamed: string): Pick<SignedInProps, 'name' | 'more'> {
  return app === '' ? { name: name === '' ? unnamed : name } : { name: app, more: name };
}

/** Ends so much that it asks for the password (S-09). */
export function EndOthersPage({ problem }: { problem: Problem | undefined }): VNode {
  const { devices: words, invitations } = useMessages().signedIn;
  return (
    <Layout heading={words.endOthersHeading} section="devices" hasProblem={problem !== undefined}>
      <Summary problem={problem} />
      <p>{words.endOthersIntro}</p>
      <form method="post" action="/devices/end-others">
        <FormToken />
        <Owner />
        <Field name="currentPassword" type="password" autocomplete="current-password" problem={problem} />
        <div class="actions">
          <button class="button" type="submit">
            {words.endOthers}
          </button>
          <a class="button quiet" href="/devices">
            {invitations.back}
          </a>
        </div>
      </form>
    </Layout>
  );
}

import type { VNode } from 'preact';
import type { AppSignIn } from '../../../features/oauth/index.js';
import type { Device, WebSession } from '../../../features/sessions/index.js';
import { appName } from '../app-name.js';
import { useMessages } from '../html.js';
import { coarse } from '../networks.js';
import type { Part } from '../parts.js';
import type { Problem } from '../problem.js';
import { shown } from '../shown.js';
import { Field, FormToken, Summary } from './field.js';
import { Layout } from './layout.js';
import { Owner } from './owner.js';
import { Pager } from './pager.js';

/** What is signed in: apps first. */
export type SignIn =
  | { readonly kind: 'device'; readonly device: Device }
  | { readonly kind: 'app'; readonly app: AppSignIn }
  | { readonly kind: 'browser'; readonly session: WebSession };

interface DevicesProps {
  readonly part: Part<SignIn>;
  /** Id of the session that looks at this page. */
  readonly here: string;
  /** Of the visitor. */
  readonly network: string;
  readonly now: number;
  readonly done: string;
}

export function DevicesPage({ part, here, network, now, done }: DevicesProps): VNode {
  const { devices: words } = useMessages().signedIn;
  const devices = part.items.flatMap((one) => (one.kind === 'device' ? [one.device] : []));
  const apps = part.items.flatMap((one) => (one.kind === 'app' ? [one.app] : []));
  const sessions = part.items.flatMap((one) => (one.kind === 'browser' ? [one.session] : []));
  return (
    <Layout heading={words.heading} section="devices" done={done}>
      <p>{words.intro}</p>
      {devices.length + apps.length > 0 || part.page === 1 ? <h2>{words.apps}</h2> : null}
      {devices.length + apps.length === 0 && part.page === 1 ? <p class="soft">{words.noApps}</p> : null}
      <ul class="list">
        {devices.map((device) => (
          <SignedIn {...facts(device, network, now)} {...named(device, words.unnamedApp)} act="device" />
        ))}
        {apps.map((app) => (
          <SignedIn {...facts(app, network, now)} name={app.appName} more={app.deviceName} act="app" />
        ))}
      </ul>
      {sessions.length === 0 ? null : <h2>{words.browsers}</h2>}
      <ul class="list">
        {sessions.map((session) => (
          <SignedIn
            {...facts(session, network, now)}
            name={session.browser === '' ? words.unnamedBrowser : session.browser}
            act={session.id === here ? null : 'browser'}
          />
        ))}
      </ul>
      <Pager part={part} path="/devices" />
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
  readonly version?: string;
  /** What the device calls itself. */
  readonly more?: string;
  readonly createdMs: number;
  readonly usedMs: number;
  /** Where it signed in, coarsely; null where the visitor is, '' where that is not known any more. */
  readonly place: string | null;
  /** Which form ends it; null for the browser that is looking. */
  readonly act: 'device' | 'app' | 'browser' | null;
}

function SignedIn({ id, name, version = '', more = '', act, ...when }: SignedInProps): VNode {
  const { devices: words } = useMessages().signedIn;
  return (
    <li class="row">
      <div>
        <h3>
          <bdi>{shown(name)}</bdi>
          {version === '' ? null : <span class="version"> {shown(version)}</span>}
          {act === null ? <span class="tag">{words.here}</span> : null}
        </h3>
        {more === '' ? null : (
          <p>
            <bdi>{shown(more)}</bdi>
          </p>
        )}
        <When {...when} isHere={act === null} />
      </div>
      {act === null ? null : <End id={id} name={shown(name)} act={act} />}
    </li>
  );
}

type WhenProps = Pick<SignedInProps, 'createdMs' | 'usedMs' | 'place'>;

/** The browser that is looking is being used, and what both times say alike is said once. */
function When({ createdMs, usedMs, place, isHere }: WhenProps & { isHere: boolean }): VNode {
  const { ago, devices: words } = useMessages().signedIn;
  const saysUse = !isHere && ago(createdMs) !== ago(usedMs);
  return (
    <p class="soft">
      {words.signedIn(createdMs)}
      {place === '' ? null : ` ${words.from} ${place ?? words.yourNetwork}`}
      {saysUse ? <span class="used">{words.used(usedMs)}</span> : null}
    </p>
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
function named({ app, name }: Device, unnamed: string): Pick<SignedInProps, 'name' | 'version' | 'more'> {
  return app === '' ? { name: name === '' ? unnamed : name } : { ...appName(app), more: name };
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

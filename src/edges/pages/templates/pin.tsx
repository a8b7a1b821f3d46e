import type { VNode } from 'preact';
import type { PinToConfirm } from '../../../features/pins/index.js';
import { appLabel } from '../app-name.js';
import { useMessages } from '../html.js';
import type { Problem } from '../problem.js';
import { Facts } from './facts.js';
import { Field, FormToken, Summary } from './field.js';
import { Layout } from './layout.js';
import { Owner } from './owner.js';
import { Scopes } from './scopes.js';

interface PinProps {
  readonly pin: string;
  /** It is the second step that did not work: what the person pressed there may have counted before. */
  readonly isLate: boolean;
  readonly problem: Problem | undefined;
}

export function PinPage({ pin, isLate, problem }: PinProps): VNode {
  const { pin: words } = useMessages();
  const problemText = isLate ? words.stale : undefined;
  const once = { name: 'pin', autocomplete: 'one-time-code', class: 'code', hint: words.hint } as const;
  return (
    <Layout heading={words.heading} section="pin" hasProblem={problem !== undefined}>
      <p>{words.intro}</p>
      <Summary problem={problem} problemText={problemText} />
      <form method="post" action="/pin">
        <FormToken />
        <Field {...once} value={pin} maxLength={32} problem={problem} problemText={problemText} />
        <button class="button" type="submit">
          {words.submit}
        </button>
      </form>
    </Layout>
  );
}

/** Before a PIN can be typed while somebody guesses at them (S-43). */
export function PinPasswordPage({ pin, problem }: Omit<PinProps, 'isLate'>): VNode {
  const { pin: words } = useMessages();
  const isWrong = problem?.field === 'currentPassword';
  return (
    <Layout heading={words.passwordHeading} section="pin" hasProblem={isWrong}>
      {isWrong ? <Summary problem={problem} /> : null}
      <p>{words.passwordIntro}</p>
      <form method="post" action="/pin/password">
        <FormToken />
        <Owner />
        <input type="hidden" name="pin" value={pin} />
        <Field name="currentPassword" type="password" autocomplete="current-password" problem={problem} />
        <button class="button" type="submit">
          {words.submit}
        </button>
      </form>
    </Layout>
  );
}

interface PinCheckProps {
  /** As it was typed. */
  readonly pin: string;
  readonly device: PinToConfirm;
  readonly userName: string;
}

/** What the person must see before saying yes, and one button that says it (S-44). */
export function PinCheckPage({ pin, device, userName }: PinCheckProps): VNode {
  const { pin: words } = useMessages();
  return (
    <Layout heading={words.checkHeading} section="pin">
      <p>{words.checkIntro(userName)}</p>
      <Facts
        facts={[
          { name: words.app, value: device.app === '' ? words.unnamed : appLabel(device.app) },
          { name: words.device, value: device.deviceId === '' ? words.unnamed : device.deviceId },
          { name: words.age, value: words.ago(device.ageMs) },
          { name: words.network, value: words.networks[device.nearness](device.wideNetwork) },
        ]}
      />
      <Scopes scopes={device.scopes} />
      <div class="note care">
        <h2>{words.careHeading}</h2>
        <p>{words.care}</p>
        {device.nearness === 'other' ? <p>{words.careNetwork}</p> : null}
      </div>
      <form method="post" action="/pin/confirm" class="actions">
        <FormToken />
        <input type="hidden" name="pin" value={pin} />
        <button class="button" type="submit">
          {words.confirm}
        </button>
        <button class="button quiet" type="submit" formaction="/pin/decline">
          {words.cancel}
        </button>
      </form>
    </Layout>
  );
}

export function PinDonePage({ isLinked }: { isLinked: boolean }): VNode {
  const { pin: words } = useMessages();
  return (
    <Layout heading={isLinked ? words.doneHeading : words.declinedHeading} section="pin">
      <p>{isLinked ? words.done : words.declined}</p>
      <p class="actions">
        <a class="button quiet" href="/pin">
          {words.another}
        </a>
      </p>
    </Layout>
  );
}

import type { VNode } from 'preact';
import type { PinToConfirm } from '../../../features/pins/index.js';
import { useMessages } from '../html.js';
import type { Problem } from '../problem.js';
import { Facts } from './facts.js';
import { Field, Summary } from './field.js';
import { Layout } from './layout.js';

interface PinProps {
  readonly pin: string;
  readonly identifier: string;
  /** It is the second step that did not work: what the person pressed there may have counted before. */
  readonly isLate: boolean;
  readonly problem: Problem | undefined;
}

export function PinPage({ pin, identifier, isLate, problem }: PinProps): VNode {
  const { pin: words } = useMessages();
  const problemText = isLate ? words.stale : undefined;
  const once = { name: 'pin', autocomplete: 'one-time-code', class: 'code', hint: words.hint } as const;
  return (
    <Layout heading={words.heading} hasProblem={problem !== undefined}>
      <p>{words.intro}</p>
      <Summary problem={problem} problemText={problemText} />
      <form method="post" action="/pin">
        <Field {...once} value={pin} maxLength={32} problem={problem} problemText={problemText} />
        <Field
          name="identifier"
          autocomplete="username"
          value={identifier}
          maxLength={254}
          problem={problem}
        />
        <Field name="password" type="password" autocomplete="current-password" problem={problem} />
        <button class="button" type="submit">
          {words.submit}
        </button>
      </form>
    </Layout>
  );
}

interface PinCheckProps {
  readonly ticket: string;
  readonly device: PinToConfirm;
  readonly userName: string;
}

/** What the person must see before saying yes, and one button that says it (S-44). */
export function PinCheckPage({ ticket, device, userName }: PinCheckProps): VNode {
  const { pin: words } = useMessages();
  return (
    <Layout heading={words.checkHeading}>
      <p>{words.checkIntro(userName)}</p>
      <Facts
        facts={[
          { name: words.app, value: device.app === '' ? words.unnamed : device.app },
          { name: words.device, value: device.deviceId },
          { name: words.age, value: words.ago(device.ageMs) },
          { name: words.network, value: device.sameNetwork ? words.sameNetwork : words.otherNetwork },
        ]}
      />
      <div class="note care">
        <h2>{words.careHeading}</h2>
        <p>{words.care}</p>
        {device.sameNetwork ? null : <p>{words.careNetwork}</p>}
      </div>
      <form method="post" action="/pin" class="actions">
        <input type="hidden" name="ticket" value={ticket} />
        <button class="button" type="submit">
          {words.confirm}
        </button>
        <a class="button quiet" href="/">
          {words.cancel}
        </a>
      </form>
    </Layout>
  );
}

export function PinDonePage(): VNode {
  const { pin: words } = useMessages();
  return (
    <Layout heading={words.doneHeading}>
      <p>{words.done}</p>
      <p class="actions">
        <a class="button quiet" href="/pin">
          {words.another}
        </a>
      </p>
    </Layout>
  );
}

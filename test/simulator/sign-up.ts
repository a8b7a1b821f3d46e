import { escapedForm } from './forms.js';
import { send, TWENTY_SECONDS, type Exchange } from './wire.js';

export interface NewAccount {
  readonly email: string;
  readonly userName: string;
  readonly password: string;
}

export interface SignUpAnswer {
  readonly status: number;
  /** The body as JSON, or as text when it is none. */
  readonly body: unknown;
}

/** E9 as the JS client sends it. Refusals are answers too (their body carries `Status`), so only silence throws. */
export async function register(
  brokerUrl: string,
  { email, userName, password }: NewAccount,
  exchanges: Exchange[] = [],
): Promise<SignUpAnswer> {
  const { status, text } = await send(
    {
      direction: 'to-broker',
      method: 'POST',
      base: brokerUrl,
      path: '/service/register',
      headers: {
        'X-Application': 'Theater/3.0.0',
        'X-CONNECT-TOKEN': 'CONNECT-REGISTER',
        'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
      },
      body: escapedForm({ email, userName, rawpw: password }),
      timeoutMs: TWENTY_SECONDS,
    },
    exchanges,
  );
  try {
    return { status, body: JSON.parse(text) as unknown };
  } catch {
    return { status, body: text };
  }
}

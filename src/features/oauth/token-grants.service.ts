import { Injectable } from '@nestjs/common';
import type { DeviceCode, errors as OidcErrors, TokenEndpointGrantContext } from 'oidc-provider';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Log } from '../../platform/logging/log.js';
import { counter, NAMES_IN_THE_CODE } from '../../platform/metrics/metrics.js';
import { AppSignIns } from './app-sign-ins.service.js';
import { Artifacts } from './artifacts.service.js';
import { Grants } from './grants.service.js';
import { sign } from './late-signatures.js';
import { DEVICE_GRANT } from './names.js';
import { PollPace } from './poll-pace.js';
import { visitOf } from './visit.js';

type Handler = (ctx: TokenEndpointGrantContext) => void | Promise<void>;

/** What is used up by each grant type. */
const PARAMETERS = ['code', 'refresh_token', 'device_code'] as const;

/** Which parameter is used up by a grant type, and what the provider calls it. */
const SOURCES: Readonly<
  Record<string, { readonly parameter: (typeof PARAMETERS)[number]; readonly kind: string }>
> = {
  authorization_code: { parameter: 'code', kind: 'AuthorizationCode' },
  refresh_token: { parameter: 'refresh_token', kind: 'RefreshToken' },
  [DEVICE_GRANT]: { parameter: 'device_code', kind: 'DeviceCode' },
};

const grants = counter({
  name: 'signpost_oauth_grants_total',
  help: 'Requests for tokens by grant type: issued, refused (the code of OAuth says why; `authorization_pending` and `slow_down` are devices that wait for their person), or failed by an outage.',
  labels: { grant: [...PARAMETERS, 'other'], outcome: NAMES_IN_THE_CODE },
});

/** Around the grant handlers of oidc-provider: each is one unit of work, so that no crash leaves half of it. */
@Injectable()
export class TokenGrants {
  constructor(
    private readonly artifacts: Artifacts,
    private readonly signIns: AppSignIns,
    private readonly grants: Grants,
    private readonly unitOfWork: UnitOfWork,
    private readonly pace: PollPace,
    private readonly log: Log,
  ) {}

  around(grantType: string, handler: Handler): Handler {
    const grant = SOURCES[grantType]?.parameter ?? 'other';
    return async (ctx) => {
      try {
        await this.#grant(ctx, grantType, handler);
        grants.count({ grant, outcome: 'issued' });
      } catch (error) {
        const { errors } = await import('./oidc.js');
        grants.count({ grant, outcome: error instanceof errors.OIDCProviderError ? error.error : 'failed' });
        throw error;
      }
    };
  }

  async #grant(ctx: TokenEndpointGrantContext, grantType: string, handler: Handler): Promise<void> {
    if (grantType === DEVICE_GRANT) await this.pace.require(textOf(ctx, 'device_code'));
    const refusal = await this.unitOfWork.run(() => this.#handled(ctx, grantType, handler), 'reserve');
    if (refusal) throw refusal;
    await sign(ctx);
    const { AccessToken: token } = ctx.oidc.entities;
    const about = { kind: 'app-tokens-issued', grantType, accountId: token?.accountId };
    this.log.info({ audit: { ...about, clientId: ctx.oidc.client.clientId } }, 'audit');
  }

  /** A refusal is an answer: what it wrote, such as the end of a sign-in whose code was stolen, must stay. */
  async #handled(
    ctx: TokenEndpointGrantContext,
    grantType: string,
    handler: Handler,
  ): Promise<OidcErrors.OIDCProviderError | undefined> {
    const { errors } = await import('./oidc.js');
    const source = SOURCES[grantType];
    if (!source) throw new errors.UnsupportedGrantType();
    const value = textOf(ctx, source.parameter);
    await this.artifacts.exclusive(source.kind, value);
    try {
      if (grantType === DEVICE_GRANT) await this.#beginDevice(ctx, value);
      await handler(ctx);
      await this.#markUsed(ctx);
      return undefined;
    } catch (error) {
      if (error instanceof errors.OIDCProviderError && error.expose) return error;
      throw error;
    }
  }

  /** The sign-in of a device begins when the device comes for it: one that never does is not shown to anybody. */
  async #beginDevice(ctx: TokenEndpointGrantContext, value: string): Promise<void> {
    const { provider, client } = ctx.oidc;
    const code = await provider.DeviceCode.find(value);
    if (!code || !isLetIn(code, client.clientId)) return;
    const { network } = visitOf(ctx);
    const deviceName = code.params?.['device_name'];
    const params = { ...code.params, scope: code.scope };
    code.grantId = await this.grants.beginWithin(provider, client, {
      accountId: code.accountId,
      params,
      network,
      deviceName: typeof deviceName === 'string' ? deviceName : '',
    });
    await code.save();
  }

  async #markUsed(ctx: TokenEndpointGrantContext): Promise<void> {
    const grantId = ctx.oidc.entities.Grant?.jti;
    if (grantId !== undefined) await this.signIns.markUsedWithin(grantId);
  }
}

type LetIn = DeviceCode & { readonly accountId: string };

function isLetIn(code: DeviceCode, clientId: string): code is LetIn {
  const isAnswered = code.accountId !== undefined && code.error === undefined;
  return isAnswered && code.clientId === clientId && !code.grantId && code.isValid;
}

function textOf({ oidc }: TokenEndpointGrantContext, parameter: string): string {
  const value: unknown = oidc.params[parameter];
  return typeof value === 'string' ? value : '';
}

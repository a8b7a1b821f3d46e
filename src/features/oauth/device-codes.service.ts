import { Injectable } from '@nestjs/common';
import type { AdapterPayload } from 'oidc-provider';
import { Config } from '../../config/index.js';
import { Limiter } from '../../platform/limits/limiter.js';
import { MINUTE, SECOND } from '../../shared/clock.js';
import type { WaitingDevice } from '../pins/index.js';
import { label } from '../sessions/index.js';
import { Artifacts, type WaitingDevice as StoredDevice } from './artifacts.service.js';
import { Clients } from './clients.service.js';
import { appNameOf, scopesIn } from './grants.service.js';

/** Codes of the device grant, as the PIN page meets them (RFC 8628, 3.3). */
@Injectable()
export class DeviceCodes {
  constructor(
    private readonly artifacts: Artifacts,
    private readonly clients: Clients,
    private readonly limiter: Limiter,
    private readonly config: Config,
  ) {}

  /** Counts a device that asks for a code: the same few per network as PINs (S-25). @throws DomainError rate-limited */
  async count(network: string): Promise<void> {
    const { pinsCreatedMinute, pinsLive, pinTtl } = this.config;
    await this.limiter.take([
      { bucket: 'pin-create-minute', key: network, limit: pinsCreatedMinute, windowMs: MINUTE },
      { bucket: 'device-codes-live', key: network, limit: pinsLive, windowMs: pinTtl },
    ]);
  }

  async find(code: string): Promise<WaitingDevice | null> {
    const device = await this.artifacts.findDevice(code);
    if (!device || device.payload.error !== undefined) return null;
    const { payload, accountId } = device;
    const params = payload.params ?? {};
    return {
      app: await this.#appName(payload),
      deviceId: label(textOf(params, 'device_name')),
      network: textOf(payload.deviceInfo ?? {}, 'network'),
      createdAt: (payload.iat ?? 0) * SECOND,
      scopes: scopesIn(params),
      confirmedBy: accountId,
      confirm: (person) => this.artifacts.answerDevice(device, person, this.#confirmed(device, person)),
      decline: (person) => this.artifacts.answerDevice(device, person, declined(device)),
    };
  }

  /** What the provider itself would write when somebody confirmed a code on its own page. */
  #confirmed({ payload }: StoredDevice, accountId: string): AdapterPayload {
    const params = payload.params ?? {};
    const resource = params['resource'] as string | undefined;
    return {
      ...payload,
      accountId,
      scope: scopesIn(params).join(' '),
      ...(resource === undefined ? {} : { resource }),
    };
  }

  async #appName({ clientId = '', params = {} }: AdapterPayload): Promise<string> {
    const client = await this.clients.metadataOf(clientId);
    if (!client) return clientId;
    const { client_name: clientName, application_type: applicationType } = client;
    const named = { clientId, clientName, applicationType } as Parameters<typeof appNameOf>[0];
    return label(appNameOf(named, params));
  }
}

function declined({ payload }: StoredDevice): AdapterPayload {
  return { ...payload, error: 'access_denied', errorDescription: 'The person did not allow it.' };
}

function textOf(values: Readonly<Record<string, unknown>>, name: string): string {
  const value = values[name];
  return typeof value === 'string' ? value : '';
}

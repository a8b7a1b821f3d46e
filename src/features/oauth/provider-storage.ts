import { Injectable } from '@nestjs/common';
import type { Adapter } from 'oidc-provider';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { AppSignIns } from './app-sign-ins.service.js';
import { Artifacts } from './artifacts.service.js';
import { Clients } from './clients.service.js';

/** Seconds that an artifact lives for which the provider names no end. */
const USUAL_TTL = 3_600;

/** Where oidc-provider keeps what. */
@Injectable()
export class ProviderStorage {
  constructor(
    private readonly artifacts: Artifacts,
    private readonly signIns: AppSignIns,
    private readonly clients: Clients,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** `kind` is the provider's name for what is kept. */
  for(kind: string): Adapter {
    if (kind === 'Client') return this.#ofClients();
    return kind === 'Grant' ? this.#ofGrants() : this.#of(kind);
  }

  #of(kind: string): Adapter {
    const { artifacts } = this;
    return {
      upsert: (value, payload, ttl) => artifacts.put(kind, value, payload, ttl ?? USUAL_TTL),
      find: (value) => artifacts.find(kind, value),
      findByUid: (uid) => artifacts.findByUid(uid),
      // People answer on the PIN page (`device-codes.service.ts`), so the provider never asks.
      findByUserCode: nothing,
      consume: async (value) => {
        const isFirst = await artifacts.consume(kind, value);
        if (isFirst || kind === 'RefreshToken') return;
        const { errors } = await import('./oidc.js');
        throw new errors.InvalidGrant('already used');
      },
      destroy: (value) => artifacts.remove(kind, value),
      revokeByGrantId: (grantId) => artifacts.removeOfSignIn(grantId, kind),
    };
  }

  /** A grant lives and ends with the sign-in whose id it has. */
  #ofGrants(): Adapter {
    const { artifacts, signIns, unitOfWork } = this;
    return {
      ...this.#of('Grant'),
      find: async (id) => ((await signIns.find(id)) ? artifacts.find('Grant', id) : undefined),
      destroy: (id) => unitOfWork.run(() => signIns.endWithin(id)),
    };
  }

  /** Clients are written by the operator's commands alone. */
  #ofClients(): Adapter {
    return {
      find: async (id) => await this.clients.metadataOf(id),
      findByUid: nothing,
      findByUserCode: nothing,
      upsert: refused,
      consume: refused,
      destroy: refused,
      revokeByGrantId: refused,
    };
  }
}

function nothing(): Promise<undefined> {
  return Promise.resolve(undefined);
}

function refused(): Promise<never> {
  return Promise.reject(new Error('clients are not written by the authorization server'));
}

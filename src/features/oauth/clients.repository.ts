import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ClientEntity } from './client.entity.js';
import type { SiteClient } from './client.js';

export type StoredClient = SiteClient & Pick<ClientEntity, 'secretDigest'>;

@Injectable()
export class ClientsRepository {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async find(id: string): Promise<StoredClient | null> {
    const row = await this.unitOfWork.reading.findOneBy(ClientEntity, { id });
    return row && clientOf(row);
  }

  async all(): Promise<StoredClient[]> {
    const rows = await this.unitOfWork.reading.find(ClientEntity, { order: { createdAt: 'ASC', id: 'ASC' } });
    return rows.map(clientOf);
  }

  async add(client: StoredClient): Promise<void> {
    await this.unitOfWork.writing.insert(ClientEntity, {
      ...client,
      redirectUris: JSON.stringify(client.redirectUris),
      signOutUris: JSON.stringify(client.signOutUris),
    });
  }

  /** @returns false if there is none */
  async remove(id: string): Promise<boolean> {
    return (await this.unitOfWork.writing.delete(ClientEntity, { id })).affected === 1;
  }
}

function clientOf({ redirectUris, signOutUris, withoutPkce, ...row }: ClientEntity): StoredClient {
  return {
    ...row,
    withoutPkce: withoutPkce === true,
    redirectUris: JSON.parse(redirectUris) as string[],
    signOutUris: JSON.parse(signOutUris) as string[],
  };
}

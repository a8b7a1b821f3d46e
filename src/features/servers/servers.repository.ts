import { Injectable } from '@nestjs/common';
import { Changes } from '../../platform/changes/changes.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { ServerId } from '../../shared/ids.js';
import type { Server, ServerWithDigest } from './server.js';
import { ServerEntity } from './server.entity.js';

@Injectable()
export class ServersRepository {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: Changes,
  ) {}

  find(id: ServerId): Promise<ServerWithDigest | null> {
    return this.unitOfWork.reading.findOneBy(ServerEntity, { id });
  }

  findByKeyDigest(keyDigest: string): Promise<ServerWithDigest | null> {
    return this.unitOfWork.reading.findOneBy(ServerEntity, { keyDigest });
  }

  async add(server: ServerWithDigest, keyPrefix: string): Promise<void> {
    await this.unitOfWork.writing.insert(ServerEntity, { ...server, keyPrefix });
    this.changes.note('server', server.id);
  }

  async change(id: ServerId, changes: Partial<Omit<Server, 'id' | 'createdAt'>>): Promise<void> {
    await this.unitOfWork.writing.update(ServerEntity, { id }, changes);
    this.changes.note('server', id);
  }
}

import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../database/unit-of-work.js';
import { ChangeFeed, type Change } from './change-feed.js';

/**
 * How a repository says what it changes. Every method that writes calls it, or stands with its reason in
 * `test/architecture/changes.test.ts`.
 */
@Injectable()
export class Changes {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly feed: ChangeFeed,
  ) {}

  /** Inside a unit of work: published once that is on disk. */
  note(topic: Change['topic'], id: string): void {
    this.#note({ topic, id });
  }

  /** The same of a server of which nothing has changed but when it was heard from. */
  noteHeard(serverId: string, heardAt: number): void {
    this.#note({ topic: 'server', id: serverId, heardAt });
  }

  #note(change: Change): void {
    this.unitOfWork.afterCommit(
      () => this.feed.publish(change),
      () => this.feed.doubt(),
    );
  }
}

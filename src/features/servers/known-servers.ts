import { Injectable } from '@nestjs/common';
import { ChangeFeed } from '../../platform/changes/change-feed.js';
import { ExactMemory } from '../../platform/changes/exact-memory.js';
import type { ServerWithDigest } from './server.js';

/** With what the server said when it was heard last (`ReadyUpdates`). */
const SERVER_BYTES = 1_800;
/** 36 MB at most. */
const MOST = 20_000;

/**
 * Servers that were read, by id, so that an update with nothing new reads nothing (P-5).
 *
 * Only while no other process writes: beside others this could be half a second old, and an update that takes back what
 * another node has just acknowledged would be taken for nothing new.
 */
@Injectable()
export class KnownServers extends ExactMemory<ServerWithDigest> {
  constructor(feed: ChangeFeed) {
    super(
      feed,
      { cache: 'servers', most: MOST, bytes: SERVER_BYTES },
      { topic: 'server', id: ({ id }) => id },
    );
  }

  protected override get isExact(): boolean {
    return this.feed.isAlone;
  }
}

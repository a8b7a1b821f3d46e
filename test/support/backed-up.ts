import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../src/config/index.js';
import { account, device, server } from '../connect/cast.js';
import { TestBroker } from './broker.js';
import { buildBefore } from './child-broker.js';
import { endCommandsAfter, signpost, type Said } from './command.js';

export const PASSPHRASE = 'a passphrase for this file';
export let folder = '';
export let broker: TestBroker;
/** Backups of the broker, with a device that is signed in: as it ran; sealed. */
export let file = '';
export let sealed = '';
/** A data folder with the broker's key ring and no database; another one for each test. */
export let target = '';

/** Once in a file of tests about backups: a broker, and backups of it. */
export function backUpBefore(): void {
  buildBefore();
  endCommandsAfter();
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'signpost-backups-'));
    broker = await TestBroker.start();
    await device(broker, await account(broker, 'alice'));
    await server(broker, 'Cinema');
    [file, sealed] = [join(folder, 'plain'), join(folder, 'sealed')];
    await backup(file);
    await backup(sealed, { BACKUP_PASSPHRASE: PASSPHRASE });
  }, 120_000);
  afterAll(async () => {
    await broker.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    target = mkdtempSync(join(folder, 'target-'));
    cpSync(join(broker.dataDir, 'keyring.json'), join(target, 'keyring.json'));
  });
}

export const backup = (to: string, environment: Environment = {}, ...more: string[]): Promise<Said> =>
  signpost(['backup', to, ...more], { ...broker.environment, ...environment });

export const restore = (from: string, environment: Environment = {}, ...more: string[]): Promise<Said> =>
  signpost(['restore', from, ...more], { DATA_DIR: target, ...environment });

export const databaseFile = (): string => join(target, 'signpost.sqlite');

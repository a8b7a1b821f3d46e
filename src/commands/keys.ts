import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule, loadConfig, type Config } from '../config/index.js';
import { CryptoModule } from '../platform/crypto/crypto.module.js';
import { SigningKeyRotation } from '../platform/crypto/signing-key-rotation.js';
import { DatabaseModule } from '../platform/database/database.module.js';
import { createLog } from '../platform/logging/log.js';
import { LoggingModule } from '../platform/logging/logging.module.js';
import { PlatformModule } from '../platform/platform.module.js';
import { StartupError } from '../platform/startup-error.js';
import { tables } from '../tables.js';
import type { Command } from './command.js';
import { EXIT, UsageError } from './exit.js';
import { elseSay } from './unconfirmed.js';

const USAGE = `Usage:
  signpost keys rotate
      makes new signing keys; they sign after SIGNING_KEY_OVERLAP_SECONDS, and old ones are dropped

A broker does it by itself, every SIGNING_KEY_MAX_AGE_SECONDS. The keys are in the database, sealed by the key ring; all nodes
that run take new ones in within five minutes.
`;

const IF_ROTATED = 'Rotate again: if there are new keys already, that changes nothing, and says so.';

/** Only what keys need, beside a broker that may be running. */
@Module({})
class KeysCommandModule {
  static with(config: Config): DynamicModule {
    return {
      module: KeysCommandModule,
      imports: [
        ConfigModule.with(config),
        LoggingModule.with(createLog('error')),
        PlatformModule.with(),
        DatabaseModule.beside(tables),
        CryptoModule,
      ],
    };
  }
}

/** `signpost keys`. */
export const keys: Command = {
  usage: USAGE,
  async run(args) {
    if (args.length !== 1 || args[0] !== 'rotate') throw new UsageError(`keys: can only rotate\n\n${USAGE}`);
    process.stdout.write(await rotated());
    return EXIT.ok;
  },
};

/** @returns what to print */
async function rotated(): Promise<string> {
  const context = await NestFactory.createApplicationContext(KeysCommandModule.with(loadConfig()), {
    logger: false,
    abortOnError: false,
  });
  try {
    const from = await elseSay(IF_ROTATED, () => context.get(SigningKeyRotation).rotate());
    if (from === null)
      throw new StartupError('A rotation is under way: its keys do not sign yet. Rotate again after that.');
    return `There are new signing keys. They sign from ${new Date(from).toISOString()} on.\n`;
  } finally {
    await context.close();
  }
}

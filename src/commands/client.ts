import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { parseArgs } from 'node:util';
import { tables } from '../tables.js';
import { ConfigModule, loadConfig, type Config } from '../config/index.js';
import { Clients, ClientsModule, issuerOf, type NewSite, type SiteClient } from '../features/oauth/index.js';
import { ChangesModule } from '../platform/changes/changes.module.js';
import { DatabaseModule } from '../platform/database/database.module.js';
import { createLog } from '../platform/logging/log.js';
import { LoggingModule } from '../platform/logging/logging.module.js';
import { PlatformModule } from '../platform/platform.module.js';
import type { Command } from './command.js';
import { EXIT, UsageError } from './exit.js';
import { elseSay } from './unconfirmed.js';

const USAGE = `Usage:
  signpost client add <id> --redirect <address> [--redirect …] [--name <name>] [--sign-out <address> …]
                      [--without-pkce]
      registers a site that signs people in; its secret is printed once. --without-pkce only for software
      that cannot send PKCE: somebody who gets hold of a person's code could then pass it to the site as their own
  signpost client list
  signpost client remove <id>
      removes a site, and ends every sign-in that people have with it

A broker that is running takes changes in at once. Addresses are compared letter by letter.
`;

const IF_ADDED =
  '"signpost client list" shows whether the site is there: then remove it and add it again, as its secret was not shown.';
const IF_REMOVED = '"signpost client list" shows whether the site is still there: then remove it again.';

/** Only what clients need: no mail leaves and no job of importance runs beside the broker. */
@Module({})
class ClientCommandModule {
  static with(config: Config): DynamicModule {
    return {
      module: ClientCommandModule,
      imports: [
        ConfigModule.with(config),
        LoggingModule.with(createLog('error')),
        PlatformModule.with(),
        DatabaseModule.beside(tables),
        ChangesModule,
        ClientsModule,
      ],
    };
  }
}

/** `signpost client`. */
export const client: Command = {
  usage: USAGE,
  async run([verb, ...rest]) {
    process.stdout.write(await performed(actOf(verb, rest)));
    return EXIT.ok;
  },
};

/** @returns what to print */
async function performed(act: Act): Promise<string> {
  const config = loadConfig();
  const context = await NestFactory.createApplicationContext(ClientCommandModule.with(config), {
    logger: false,
    abortOnError: false,
  });
  try {
    return await act(context, config);
  } finally {
    await context.close();
  }
}

type Act = (context: INestApplicationContext, config: Config) => Promise<string>;

/** Arguments are judged before anything is opened. */
function actOf(verb: string | undefined, rest: string[]): Act {
  switch (verb) {
    case 'add':
      return adding(siteIn(rest));
    case 'list':
      onlyIds(rest, 0);
      return listing;
    case 'remove':
      return removing(onlyIds(rest, 1));
    default:
      throw wrong(verb === undefined ? 'client: what about it?' : `client: there is no "${verb}"`);
  }
}

function siteIn(args: string[]): NewSite {
  const texts = { type: 'string', multiple: true } as const;
  const options = {
    name: { type: 'string' },
    redirect: texts,
    'sign-out': texts,
    'without-pkce': { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parsed(() => parseArgs({ args, options, allowPositionals: true }));
  const [id] = positionals;
  if (id === undefined || positionals.length > 1) throw wrong('client add: needs one id');
  const { name = id, redirect = [], 'sign-out': signOut = [], 'without-pkce': withoutPkce } = values;
  return { id, name, redirectUris: redirect, signOutUris: signOut, withoutPkce };
}

function onlyIds(args: string[], count: number): string {
  const { positionals } = parsed(() => parseArgs({ args, allowPositionals: true }));
  if (positionals.length !== count) throw wrong(`client: takes ${count === 0 ? 'no' : 'one'} id here`);
  return positionals[0] ?? '';
}

function wrong(message: string): UsageError {
  return new UsageError(`${message}\n\n${USAGE}`);
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function adding(site: NewSite): Act {
  return async (context, config) => {
    const secret = await elseSay(IF_ADDED, () => context.get(Clients).add(site));
    return `client id:      ${site.id}
client secret:  ${secret}
issuer:         ${issuerOf(config)}

The secret is shown only now. Keep it where the site keeps its passwords.
`;
  };
}

const listing: Act = async (context) => {
  const sites = await context.get(Clients).all();
  if (sites.length === 0) return 'No site is registered.\n';
  return sites.map(lines).join('\n');
};

function lines({ id, name, redirectUris, signOutUris, withoutPkce }: SiteClient): string {
  const of = (title: string, uris: readonly string[]): string =>
    uris.map((uri) => `  ${title} ${uri}\n`).join('');
  return `${id}  (${name})${withoutPkce ? '  without PKCE' : ''}\n${of('redirect', redirectUris)}${of('sign-out', signOutUris)}`;
}

function removing(id: string): Act {
  return async (context) => {
    await elseSay(IF_REMOVED, () => context.get(Clients).remove(id));
    return `Removed ${id}, and every sign-in with it.\n`;
  };
}

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp, warnAtStart } from './app.factory.js';
import { explain } from './commands/exit.js';
import { isLoopbackHost, loadConfig, withPort, type Config } from './config/index.js';
import { OpsListener } from './edges/ops/ops-listener.service.js';
import { SetupService } from './features/accounts/index.js';
import { ListsAhead } from './features/discovery/index.js';
import { freePort } from './free-port.js';
import { stopOnSignal } from './graceful-stop.js';
import { SystemRandom } from './platform/crypto/system-random.js';
import type { Connections } from './platform/database/connections.js';
import { CONNECTIONS } from './platform/database/database.module.js';
import { AcceptingServer } from './platform/http/accepting-server.js';
import { Jobs } from './platform/jobs/jobs.service.js';
import { createLog, type Log } from './platform/logging/log.js';
import { StartupError } from './platform/startup-error.js';
import { SECOND } from './shared/clock.js';

/**
 * So many may wait to be accepted, if the kernel allows it (`net.core.somaxconn`); Node's own is 511. Whoever finds no place
 * tries again after 1, 3, 7, 15 seconds, so a burst of a second would make some wait for half a minute.
 */
const BACKLOG = 4_096;
/** Whoever waits for the link of the set-up looks at the console. */
const OFFER_AGAIN_MS = 2 * SECOND;

/** Runs the broker until a signal ends it. @returns the exit code */
export async function serve(): Promise<number> {
  // What the broker writes is for its own eyes: database, keys, lock.
  process.umask(0o077);
  try {
    const config = await settled(loadConfig());
    const log = createLog(config.logLevel);
    const app = await createApp(config, log);
    // Before it listens: who reads that it does may end it at once.
    const stopped = stopOnSignal(app, config, log);
    // What ends it does not wait for all that belongs to a start, a part of which ends only when the other has.
    return await Promise.race([stopped, listen(app, config, log).then(() => stopped)]);
  } catch (error) {
    return explain(error);
  }
}

/** PORT=0 takes a free port; links in mails must name it, so it is chosen before anything is built. */
async function settled(config: Config): Promise<Config> {
  if (config.port !== 0) return config;
  return withPort(config, await freePort(config.host, new SystemRandom()));
}

async function listen(app: NestFastifyApplication, config: Config, log: Log): Promise<void> {
  // Whoever starts the broker waits for these lines: no LOG_LEVEL hides them.
  const announcements = createLog('info');
  try {
    await app.get<Connections>(CONNECTIONS).expectMany?.();
    const opsUrl = await app.get(OpsListener).listen();
    await app.listen({ port: config.port, host: config.host, backlog: BACKLOG });
    announcements.info({ url: await app.getUrl(), publicUrl: config.publicUrl, opsUrl }, 'listening');
    warnOfMailsInLog(config, log);
    // From here on it serves: a database that breaks now must not end it.
    app.get(Jobs).untilDone('offer the set-up', OFFER_AGAIN_MS, () => offerSetup(app, config, announcements));
    app.get(ListsAhead).begin();
    await warnAtStart(app);
    await acceptMore(app, log);
  } catch (error) {
    await app.close();
    throw isAddressTrouble(error) ? new StartupError(`${error.message}: ${adviceFor(error)}`, error) : error;
  }
}

async function acceptMore(app: NestFastifyApplication, log: Log): Promise<void> {
  const server: unknown = app.getHttpServer();
  if (!(server instanceof AcceptingServer) || (await server.acceptMore(BACKLOG)) > 1) return;
  if (server.listening)
    log.warn({}, 'no process can be started, so those of a crowd are accepted one by one');
}

function adviceFor(error: NodeJS.ErrnoException): string {
  return error.code === 'EADDRINUSE'
    ? 'another program uses this port. Set PORT or OPS_PORT.'
    : 'check HOST, PORT, OPS_HOST and OPS_PORT.';
}

function isAddressTrouble(error: unknown): error is Error {
  const { syscall } = error as NodeJS.ErrnoException;
  return error instanceof Error && (syscall === 'listen' || syscall === 'getaddrinfo' || syscall === 'bind');
}

/** Handy on one's own machine; with other people's accounts the log would hold the keys to them. */
function warnOfMailsInLog(config: Config, log: Log): void {
  const isForOthers = !isLoopbackHost(new URL(config.publicUrl).hostname) || !config.trustProxy.isEmpty;
  if (config.smtpUrl !== undefined || !config.loopbackOnly || !isForOthers) return;
  log.warn(
    { setting: 'SMTP_URL' },
    'no mail server is set: mails and the secrets in them are printed to this log',
  );
}

/** A broker without an operator tells whoever reads its console how to become it (S-08). */
async function offerSetup(app: NestFastifyApplication, config: Config, log: Log): Promise<void> {
  const token = await app.get(SetupService).offer();
  if (token === null) return;
  const link = `${config.publicUrl}/setup?token=${token}`;
  log.warn({ link, minutes: 30 }, 'set up: open this link to create the operator account');
}

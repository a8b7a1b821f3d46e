/** HAProxy on the example in config/deploy, with addresses of an experiment, and without TLS. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { findProgram } from '../../scripts/lib/debian.mjs';
import { freePort } from '../../scripts/lib/sockets.mjs';
import { ask } from './people.mjs';
import { NotHere } from './stage.mjs';

/** @param {string} config @param {RegExp} from @param {string} to */
function replaced(config, from, to) {
  if (!from.test(config)) throw new Error(`config/deploy/haproxy.cfg has no ${from}`);
  return config.replace(from, to);
}

/**
 * @param {import('./stage.mjs').Stage} stage @param {readonly number[]} ports of the nodes
 * @returns {Promise<string>} its address
 */
export async function haproxyBefore(stage, ports) {
  const program = findProgram('haproxy');
  if (program === null) throw new NotHere('HAProxy');
  const port = await freePort();
  let config = readFileSync(inCheckout('config/deploy/haproxy.cfg'), 'utf8');
  config = replaced(config, /bind :443 .*/, `bind 127.0.0.1:${port}`);
  const servers = ports.map((node, n) => `  server node${n + 1} 127.0.0.1:${node}\n`);
  config = replaced(config, /(?: *server node\d .*\n)+/, servers.join(''));
  const file = path.join(stage.folder('haproxy'), 'haproxy.cfg');
  writeFileSync(file, config);
  const child = spawn(program, ['-db', '-f', file], { stdio: 'ignore' });
  stage.atEnd(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 100; tries += 1) {
    const isThere = await ask(`${url}/service/ip`).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (isThere) return url;
    await pause(100);
  }
  throw new Error(`HAProxy does not serve, exit code ${child.exitCode}`);
}

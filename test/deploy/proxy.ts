import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { certificate } from '../support/certificate.js';
import { eventually } from '../support/eventually.js';

/** Not the proxy's own address, so that a test sees whose the broker takes. */
export const CLIENT = '127.0.0.9';

/** How long an answer to what is no list may take, and in tests, which wait for it: later than for a list all the same. */
const SLOW = '15s';
const SOONER = '6s';

export type ProxyName = 'nginx' | 'haproxy';

/** A proxy that runs on the example in config/deploy, with ports and paths of this test. */
export class Proxy {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** @param nodes ports of the two brokers behind it */
  static async start(name: ProxyName, port: number, nodes: readonly [number, number]): Promise<Proxy> {
    const folder = mkdtempSync(join(tmpdir(), `signpost-${name}-`));
    const { key, cert } = certificate();
    writeFileSync(join(folder, 'key.pem'), key);
    writeFileSync(join(folder, 'cert.pem'), Buffer.concat([cert, key]));
    const command = name === 'nginx' ? nginx(folder, port, nodes) : haproxy(folder, port, nodes);
    const child = spawn(name, command, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => (said += String(bytes)));
    const proxy = new Proxy(child, folder, port);
    try {
      await eventually(() => (child.exitCode === null ? connects(port) : undefined));
    } catch (error) {
      await proxy.stop();
      throw new Error(`${name} does not listen: ${said}`, { cause: error });
    }
    if (child.exitCode !== null) throw new Error(`${name} ended: ${said}`);
    return proxy;
  }

  /** Asks through it as `CLIENT`, and leaves the body to be read. */
  async open(
    path: string,
    { body, ...options }: RequestOptions & { body?: string } = {},
  ): Promise<IncomingMessage> {
    const to = { host: '127.0.0.1', port: this.port, path, localAddress: CLIENT, agent: false };
    const tls = { rejectUnauthorized: false, servername: 'localhost' };
    const length = body === undefined ? {} : { 'Content-Length': String(body.length) };
    const headers = { Host: 'localhost', ...length, ...(options.headers as Record<string, string>) };
    const outgoing = request({ ...to, ...tls, ...options, headers });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    return incoming;
  }

  async ask(
    path: string,
    options: RequestOptions & { body?: string } = {},
  ): Promise<{ status: number; text: string }> {
    const incoming = await this.open(path, options);
    return { status: incoming.statusCode ?? 0, text: await text(incoming) };
  }

  form(
    path: string,
    fields: Record<string, string>,
    headers = {},
  ): Promise<{ status: number; text: string }> {
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams(fields).toString();
    return this.ask(path, { method: 'POST', headers: { ...type, ...headers }, body });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill('SIGKILL');
      await once(this.child, 'close');
    }
    rmSync(this.folder, { recursive: true });
  }
}

async function connects(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}

/** The example, with everything replaced that is different here; what is not found there is an error. */
function example(file: string, replacements: Readonly<Record<string, string>>): string {
  let config = readFileSync(inCheckout(`config/deploy/${file}`), 'utf8');
  for (const [from, to] of Object.entries(replacements)) {
    if (!config.includes(from)) throw new Error(`config/deploy/${file} has no "${from}"`);
    config = config.replaceAll(from, to);
  }
  return config;
}

function nginx(folder: string, port: number, [one, two]: readonly [number, number]): string[] {
  const server = example('nginx.conf', {
    'listen 443': `listen 127.0.0.1:${port}`,
    'listen 80': `listen unix:${folder}/plain.sock`,
    '127.0.0.1:8095': `127.0.0.1:${one}`,
    '127.0.0.1:8096': `127.0.0.1:${two}`,
    [`proxy_read_timeout ${SLOW}`]: `proxy_read_timeout ${SOONER}`,
    '/etc/ssl/signpost.pem': join(folder, 'cert.pem'),
    '/etc/ssl/signpost.key': join(folder, 'key.pem'),
    'signpost.example.org': 'localhost',
  });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (of) => `${of}_temp_path ${folder}/${of};`,
  );
  const whole = `daemon off; master_process off; pid ${folder}/pid; error_log stderr warn;
    events { worker_connections 256; } http { ${temporary.join(' ')} ${server} }`;
  writeFileSync(join(folder, 'nginx.conf'), whole);
  return ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')];
}

function haproxy(folder: string, port: number, [one, two]: readonly [number, number]): string[] {
  const config = example('haproxy.cfg', {
    'bind :443': `bind 127.0.0.1:${port}`,
    '/etc/haproxy/signpost.pem': join(folder, 'cert.pem'),
    '127.0.0.1:8095': `127.0.0.1:${one}`,
    '127.0.0.1:8096': `127.0.0.1:${two}`,
    [`timeout server ${SLOW}`]: `timeout server ${SOONER}`,
  });
  writeFileSync(join(folder, 'haproxy.cfg'), config);
  return ['-db', '-f', join(folder, 'haproxy.cfg')];
}

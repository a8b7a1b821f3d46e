import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { BareServers, until } from '../../../test/support/bare-server.js';
import { standBeforeParser, wholeOf, type Give } from './before-parser.js';
import { sendTogether } from './sent-together.js';
import { wholeRequestOf, type WholeRequest } from './whole-request.js';

const bare = new BareServers();

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** What became of requests, in turn, by their paths. */
interface Scene {
  /** By Node's parser. */
  readonly parsed: string[];
  /** Before it. */
  readonly taken: string[];
  /** Sends a piece once the one before has arrived, and waits for what the answer has to say. */
  readonly send: (piece: string, wanted?: string) => Promise<void>;
  /** Everything that was answered so far. */
  readonly answers: () => string;
  readonly socket: Socket;
  /** The same connection, as the server has it. */
  readonly there: Socket;
  /** Gives Node what is held. */
  readonly letGo: () => void;
  /** For other connections. */
  readonly server: Server;
}

interface Setting {
  readonly answer?: Listener;
  readonly takes?: (request: WholeRequest) => boolean;
  /** What is taken is answered once this says how. */
  readonly later?: Promise<boolean>;
  /** What was answered before. */
  readonly again?: ReadonlySet<string>;
  readonly keepAliveTimeout?: number;
}

/** A server that answers `parsed PATH BODY` or `taken PATH BODY`, and a connection to it. */
async function scene({
  answer = echo,
  takes = ({ url }) => !url.startsWith('/not'),
  later,
  again = new Set(),
  keepAliveTimeout = 60_000,
}: Setting = {}): Promise<Scene> {
  const [parsed, taken]: [string[], string[]] = [[], []];
  const server = createServer({ keepAliveTimeout }, (request, response) => {
    parsed.push(request.url ?? '');
    answer(request, response);
  });
  const give = (request: WholeRequest): boolean => {
    taken.push(request.url);
    const body = `taken ${request.url} ${request.body.toString()}`;
    sendTogether(
      request.socket,
      `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`,
      Buffer.from(body),
    );
    return true;
  };
  const answerer = {
    takes: (request: WholeRequest): boolean | Promise<Give> => {
      if (!takes(request)) return false;
      return later ? later.then((isOurs) => () => isOurs && give(request)) : give(request);
    },
    takesAgain: (piece: Buffer, from: Socket): boolean => {
      if (!again.has(piece.toString())) return false;
      taken.push('again');
      sendTogether(from, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', Buffer.from('again'));
      return true;
    },
  };
  const letGo = standBeforeParser(server, 1_000, answerer);
  const socket = bare.connect(await bare.start(server));
  const [there] = (await once(server, 'connection')) as [Socket];
  return { parsed, taken, socket, there, letGo, server, ...talk(socket, there) };
}

function talk(socket: Socket, there: Socket): Pick<Scene, 'send' | 'answers'> {
  let answers = '';
  let sent = 0;
  socket.on('data', (piece: Buffer) => (answers += piece.toString('latin1')));
  const untilHeard = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) {
      if (socket.destroyed && !isSo()) throw new Error(`closed after ${answers.slice(-200)}`);
      await new Promise(setImmediate);
    }
  };
  const send = async (piece: string, wanted = ''): Promise<void> => {
    const from = answers.length;
    socket.write(piece, 'latin1');
    sent += piece.length;
    await untilHeard(() => there.bytesRead >= sent && answers.slice(from).includes(wanted));
  };
  return { send, answers: () => answers };
}

/** Asks on a connection, and waits for what the answer has to say. */
async function answered(socket: Socket, piece: string, wanted: string): Promise<void> {
  let answer = '';
  const hear = (heard: Buffer): void => void (answer += heard.toString('latin1'));
  socket.on('data', hear).write(piece, 'latin1');
  await until(() => answer.includes(wanted));
  socket.off('data', hear);
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.on('data', (piece: Buffer) => (body += piece.toString('latin1')));
  request.on('end', () => response.end(`parsed ${request.url ?? ''} ${body}`));
}

const get = (path: string, ...more: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: a', ...more, '', ''].join('\r\n');
const post = (path: string, body: string): string =>
  [`POST ${path} HTTP/1.1`, 'Host: a', `Content-Length: ${body.length}`, '', body].join('\r\n');

test('takes whole requests from the second on, and leaves to the parser what nobody takes', async () => {
  const { parsed, taken, send } = await scene();
  await send(get('/1'), 'parsed /1');
  await send(get('/2'), 'taken /2');
  await send(get('/not'), 'parsed /not');
  await send(post('/3', 'said'), 'taken /3 said');
  await send(post('/not', 'said'), 'parsed /not said');
  await send(get('/4', 'X-Some:  some thing', 'Connection: Keep-Alive'), 'taken /4');
  expect({ parsed, taken }).toEqual({ parsed: ['/1', '/not', '/not'], taken: ['/2', '/3', '/4'] });
});

test('offers a piece first to who may have answered it before, but never what is not the next request', async () => {
  const { taken, send, answers } = await scene({ again: new Set([get('/a'), get('/inner')]) });
  await send(get('/a'), 'parsed /a');
  await send(get('/a'), 'again');
  await send(get('/b'), 'taken /b');
  await send(post('/not', get('/inner')).slice(0, -get('/inner').length));
  await send(get('/inner'), 'parsed /not GET /inner');
  await send(get('/a'), 'parsed /a');
  expect([taken, answers().match(/again/g)]).toEqual([['again', '/b'], ['again']]);
});

test('tells who answers what was found out before the parser read it', async () => {
  const found: unknown[] = [];
  const answer: Listener = (request, response) => {
    found.push(wholeOf(request)?.begun?.answer);
    echo(request, response);
  };
  const takes = (request: WholeRequest): boolean => {
    request.begun = { answer: null, since: 0 };
    return false;
  };
  const { send } = await scene({ answer, takes });
  for (const path of ['/1', '/2']) await send(get(path), `parsed ${path}`);
  await send(get('/3', 'Upgrade: x'), 'parsed /3');
  expect(found).toEqual([undefined, null, undefined]);
});

describe('a request whose answer must be waited for', () => {
  /** One is held; nobody has read it, and `tell` says whether it is answered before the parser. */
  const held = async (): Promise<Scene & { readonly tell: (isOurs: boolean) => void }> => {
    let told = (_isOurs: boolean): void => undefined;
    const later = new Promise<boolean>((resolve) => (told = resolve));
    const found = await scene({ later });
    await found.send(get('/1'), 'parsed /1');
    await found.send(post('/held', 'said'));
    expect([found.parsed, found.taken]).toEqual([['/1'], []]);
    return { ...found, tell: told };
  };

  test('is answered before the parser once it is known how, and so is the next one', async () => {
    const { parsed, taken, send, tell } = await held();
    tell(true);
    await send('', 'taken /held said');
    await send(get('/2'), 'taken /2');
    expect([parsed, taken]).toEqual([['/1'], ['/held', '/2']]);
  });

  test('is for the parser if nobody takes it then, and so is not the next one', async () => {
    const { parsed, send, tell } = await held();
    tell(false);
    await send('', 'parsed /held said');
    await send(get('/not'), 'parsed /not');
    expect(parsed).toEqual(['/1', '/held', '/not']);
  });

  test('is still what it was when others have come meanwhile', async () => {
    const { send, tell, server } = await held();
    const other = bare.connect(server);
    for (const path of ['/not-1', '/not-2', '/not-3'])
      await answered(other, post(path, 'else'), `${path} else`);
    tell(false);
    await send('', 'parsed /held said');
  });

  test('is for the parser as soon as more arrives, all in turn', async () => {
    const { parsed, taken, send, answers, tell } = await held();
    await send(get('/2').slice(0, 5));
    await send(get('/2').slice(5), 'parsed /2');
    tell(true);
    await send(get('/3'), 'parsed /3');
    expect([parsed, taken]).toEqual([['/1', '/held', '/2', '/3'], []]);
    expect(answers().match(/(?<=parsed )\/\w+/g)).toEqual(['/1', '/held', '/2', '/3']);
  });

  test.each([
    ['the caller says no more', ({ socket }: Scene) => socket.end()],
    ['the caller breaks off', ({ socket }: Scene) => socket.resetAndDestroy()],
    ['the connection is cut here', ({ there }: Scene) => there.destroy()],
    ['the server is about to close', ({ letGo }: Scene) => letGo()],
  ])('is for the parser as soon as %s', async (_, act) => {
    const found = await held();
    act(found);
    while (found.parsed.length === 1) await new Promise(setImmediate);
    found.tell(true);
    await new Promise(setImmediate);
    expect([found.parsed, found.taken]).toEqual([['/1', '/held'], []]);
  });
});

describe('leaves a connection to the parser from then on when', () => {
  const inner = get('/inner');
  const chunked = 'POST /outer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  test.each<[string, string[], string]>([
    ['a request comes in two pieces', [inner.slice(0, -2), inner.slice(-2)], 'parsed /inner'],
    ['two requests come in one piece', [get('/a') + get('/b')], 'parsed /b'],
    [
      'a body comes later and looks like a request',
      [post('/outer', inner).slice(0, -inner.length), inner],
      'parsed /outer GET /inner',
    ],
    [
      'a body of unknown length looks like a request',
      [chunked, `${inner.length.toString(16)}\r\n`, inner, '\r\n0\r\n\r\n'],
      'parsed /outer GET /inner',
    ],
    ['the next request begins in the same piece', [`${get('/a')}G`, inner.slice(1)], 'parsed /inner'],
    ['a head is too long', [get('/a', `X-A: ${'b'.repeat(1_000)}`)], 'parsed /a'],
    ['an empty line comes first', [`\r\n${get('/a')}`], 'parsed /a'],
    ['a request wants to be told to go on', [get('/a', 'Expect: 100-continue')], 'parsed /a'],
  ])('%s', async (_, pieces, wanted) => {
    const { parsed, taken, send } = await scene();
    await send(get('/first'), 'parsed /first');
    const last = pieces.at(-1) ?? '';
    for (const piece of pieces.slice(0, -1)) await send(piece);
    await send(last, wanted);
    await send(get('/last'), 'parsed /last');
    expect([parsed.at(0), parsed.at(-1), taken]).toEqual(['/first', '/last', []]);
  });
});

test.each([
  ['names a length twice', get('/a', 'Content-Length: 0', 'Content-Length: 0')],
  ['does not say whom it is for', get('/a').replace('Host', 'Home')],
  ['has a control character', get('/a', 'X-A: \u0001')],
  ['folds a field', get('/a', 'X-A: b', ' c')],
  ['has a space before a colon', get('/a', 'X-A : b')],
])('a request that %s is refused by the parser', async (_, request) => {
  const { taken, send, socket } = await scene();
  await send(get('/first'), 'parsed /first');
  const closed = once(socket, 'close');
  await send(request, 'HTTP/1.1 400');
  await closed;
  expect(taken).toEqual([]);
});

test('a body of many pieces is whole, though its reader pauses and others send meanwhile', async () => {
  const body = Array.from({ length: 300_000 }, (_, at) => String(at)).join(' ');
  const answer: Listener = (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => {
      pieces.push(piece);
      request.pause();
      setImmediate(() => request.resume());
    });
    request.on('end', () => response.end(`parsed ${Buffer.concat(pieces).equals(Buffer.from(body))}`));
  };
  const { send, server } = await scene({ answer });
  const other = bare.connect(server);
  const others = answered(other, post('/other', body), 'parsed true');
  await send(post('/body', body), 'parsed true');
  await others;
});

test('what was answered in a turn is sent before anything of what comes next on the connection', async () => {
  const { send, there, answers } = await scene({ again: new Set([get('/a')]) });
  await send(get('/1'), 'parsed /1');
  for (const piece of [get('/2'), get('/3'), get('/a'), get('/not'), get('/4')])
    there.push(Buffer.from(piece));
  await until(() => answers().includes('parsed /4'));
  expect(answers().match(/(taken|parsed) \/[\w-]+|again/g)).toEqual([
    'parsed /1',
    'taken /2',
    'taken /3',
    'again',
    'parsed /not',
    'parsed /4',
  ]);
});

test('what was answered in a turn is sent before the server closes', async () => {
  const { send, there, letGo, answers, server, socket } = await scene();
  await send(get('/1'), 'parsed /1');
  there.push(Buffer.from(get('/2')));
  letGo();
  server.closeIdleConnections();
  there.destroySoon();
  await once(socket, 'close');
  expect(answers()).toContain('taken /2');
});

test('does not overtake a request that is being answered', async () => {
  const waiting: (() => void)[] = [];
  const answer: Listener = (request, response) => {
    if (request.url === '/not-yet') waiting.push(() => echo(request, response));
    else echo(request, response);
  };
  const { taken, send, answers } = await scene({ answer });
  await send(get('/1'), 'parsed /1');
  for (const path of ['/not-yet', '/2', '/3']) await send(get(path));
  expect(waiting).toHaveLength(1);
  waiting[0]?.();
  await send('', 'parsed /3');
  expect(answers().match(/(?<=parsed )\/[\w-]+/g)).toEqual(['/1', '/not-yet', '/2', '/3']);
  expect(taken).toEqual([]);
});

test('a connection lives on while requests are taken, and ends once it is not used', async () => {
  // Again where the machine let it stand still for so long that it was not used.
  while (!(await isUsedForLongerThanItsTimeout()));
});

async function isUsedForLongerThanItsTimeout(): Promise<boolean> {
  const { send, taken, socket } = await scene({ keepAliveTimeout: 1_000 });
  await send(get('/1'), 'parsed /1');
  const closed = once(socket, 'close');
  const since = performance.now();
  let [last, longest] = [since, 0];
  try {
    while (performance.now() - since < 1_300) {
      await send(get('/2'), 'taken /2');
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }
  } catch (error) {
    if (Math.max(longest, performance.now() - last) < 500) throw error;
    return false;
  }
  await closed;
  return taken.length > 1;
}

describe('what is read as a whole request, the parser reads in the same way:', () => {
  const plain = ['GET /a?b=c HTTP/1.1', 'Host: a', 'X-T: tok', 'If-None-Match: "x"', '', ''].join('\r\n');
  const form = ['POST /a HTTP/1.1', 'Host: a', 'Content-Length: 9', '', 'GET / H\r\n'].join('\r\n');
  const odd = ['\r', '\n', '\r\n', '\0', ' ', '\t', ':', ',', ';', '/', '1', 'a', '\x7f', '\xe9', '"', '_'];

  /** Everything that one letter more, less or another makes of it. */
  const mutants = (text: string): string[] =>
    Array.from(text, (_, at) => [
      text.slice(0, at) + text.slice(at + 1),
      ...odd.flatMap((one) => [
        text.slice(0, at) + one + text.slice(at),
        text.slice(0, at) + one + text.slice(at + 1),
      ]),
    ]).flat();

  test.each([
    ['a GET', plain],
    ['a POST', form],
  ])('%s, and whatever differs from it by a letter', async (_, text) => {
    const read: object[] = [];
    const answer: Listener = (request, response) => {
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString('latin1')));
      request.on('end', () => {
        read.push({ method: request.method, url: request.url, headers: { ...request.headers }, body });
        response.end('parsed');
      });
    };
    const { send, socket } = await scene({ answer, takes: () => false });
    const wanted: object[] = [];
    for (const mutant of mutants(text)) {
      const whole = wholeRequestOf(Buffer.from(mutant, 'latin1'), socket);
      if (whole === null) continue;
      const { method, url, headers, body } = whole;
      wanted.push({ method, url, headers, body: body.toString('latin1') });
      await send(mutant, 'parsed');
    }
    expect(wanted.length).toBeGreaterThan(200);
    expect(read).toEqual(wanted);
  });
});

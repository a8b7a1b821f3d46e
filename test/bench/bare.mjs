/** What is compared with: bare `node:http` or bare Fastify, sending the bytes of a file. Arguments: which, the file. */
import { fastify } from 'fastify';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [, , kind, file = ''] = process.argv;
const body = readFileSync(file);
const TYPE = 'application/json; charset=utf-8';

/** @param {number} port */
const ready = (port) => process.stdout.write(`${JSON.stringify({ port })}\n`);

if (kind === 'fastify') {
  const app = fastify();
  app.get('/service/servers', (_request, reply) => reply.header('Content-Type', TYPE).send(body));
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  ready(Number(new URL(address).port));
} else {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': TYPE, 'Content-Length': body.length }).end(body);
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    ready(typeof address === 'object' && address !== null ? address.port : 0);
  });
}

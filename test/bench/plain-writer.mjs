/**
 * What durable writes are compared with: bare Fastify, and for every request one transaction with one prepared statement
 * and one sync. Argument: the SQLite file.
 */
import Sqlite from 'better-sqlite3';
import { fastify } from 'fastify';

const db = new Sqlite(process.argv[2]);
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
const update = db.prepare('UPDATE servers SET url = ?, heard_at = ? WHERE id = ?');
const app = fastify();
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
  done(null, body),
);
app.post('/service/Servers', (request, reply) => {
  const { id } = /** @type {{ id: string }} */ (request.query);
  const url = new URLSearchParams(String(request.body)).get('url') ?? '';
  update.run(url, Date.now(), id);
  return reply.send({ Id: id, Url: url });
});
const address = await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${JSON.stringify({ port: Number(new URL(address).port) })}\n`);

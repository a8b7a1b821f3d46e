/** Asks a broker as an app does, over http or https, and takes the certificate of this run for what it is. */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';

/** @typedef {{ status: number, text: string }} Answer */
/** @typedef {{ method?: string, form?: Record<string, string>, headers?: Record<string, string> }} Question */

/** No answer may take longer, and none hangs for good. */
const TIMEOUT_MS = 30_000;

/**
 * @param {http.RequestOptions & https.RequestOptions} to
 * @param {Question} question
 * @returns {Promise<Answer>}
 */
function ask(to, { method = 'GET', form, headers = {} }) {
  const body = form === undefined ? '' : new URLSearchParams(form).toString();
  const length =
    form === undefined
      ? {}
      : { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length };
  const { request } = to.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...to,
      method: form === undefined ? method : 'POST',
      agent: false,
      timeout: TIMEOUT_MS,
      headers: { ...length, ...headers },
    });
    outgoing.on('timeout', () =>
      outgoing.destroy(new Error(`no answer from ${String(to.path)} in ${TIMEOUT_MS / 1000} s`)),
    );
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      text(incoming).then((said) => resolve({ status: incoming.statusCode ?? 0, text: said }), reject);
    });
    outgoing.end(body);
  });
}

/** @param {number} port @param {string} path @param {Question} [question] */
export const askPort = (port, path, question = {}) =>
  ask({ protocol: 'http:', host: '127.0.0.1', port, path }, question);

/** @param {string} name of the host @param {string} certificate file @returns {(path: string, question?: Question) => Promise<Answer>} */
export function asker(name, certificate) {
  const ca = readFileSync(certificate);
  return (path, question = {}) =>
    ask(
      { protocol: 'https:', host: '127.0.0.1', port: 443, servername: name, ca, path },
      { ...question, headers: { Host: name, ...question.headers } },
    );
}

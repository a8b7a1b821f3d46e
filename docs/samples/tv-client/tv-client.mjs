#!/usr/bin/env node
// A TV app for Signpost: node tv-client.mjs https://signpost.example.org [state.json]. Node 20.3 or later, nothing else:
// this is the client whole; the file beside it draws QR codes in a terminal, which a TV's toolkit does for you.
import { existsSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { qrCode } from './qr-code.mjs';

const [, program = '', given = 'http://localhost:8095', file = 'tv-client.json'] = process.argv;
const isProgram = program !== '' && realpathSync(program) === fileURLToPath(import.meta.url);
const broker = isProgram ? new URL(given).origin : '';
const state = isProgram && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};

/** Tokens and link keys are secrets: only we may read them. A power cut leaves the old file or the new one. */
function save(changes) {
  writeFileSync(`${file}.new`, JSON.stringify(Object.assign(state, changes)), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** It is away or in trouble: keep what we have. Any other failure is a mistake, ours or the server's. */
class Away extends Error {}

async function ask(url, options = {}) {
  const signal = AbortSignal.any([AbortSignal.timeout(10_000), ...(options.signal ? [options.signal] : [])]);
  const response = await fetch(url, { ...options, signal }).catch((error) => {
    throw new Away(error.cause?.code ?? error.message);
  });
  if (response.status >= 500 || response.status === 429) throw new Away(`it answers ${response.status}`);
  const isJson = /json/.test(response.headers.get('content-type'));
  return {
    status: response.status,
    etag: response.headers.get('etag'),
    json: isJson ? await response.json() : {},
  };
}

/** A request to the OAuth server; its discovery document says where. */
async function oauth(endpoint, fields) {
  const { json: found } = await ask(`${broker}/oidc/.well-known/openid-configuration`);
  const body = new URLSearchParams({ client_id: 'signpost-device', ...fields });
  return ask(found[endpoint], { method: 'POST', body });
}

/** RFC 8628: show a code, and ask every few seconds whether somebody has typed it elsewhere. */
async function signIn() {
  const names = { app_name: 'TV sample', device_name: 'Terminal' };
  const wanted = { scope: 'openid offline_access servers:read', resource: `${broker}/api/v1`, ...names };
  const { json: code } = await oauth('device_authorization_endpoint', wanted);
  if (!code.device_code) throw new Error(`no code: ${code.error}`);
  console.log(`Open ${code.verification_uri} and type ${code.user_code}, or scan:`);
  console.log(qrCode(code.verification_uri_complete) ?? code.verification_uri_complete);
  const asked = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: code.device_code };
  for (let seconds = code.interval ?? 5; ;) {
    await pause(seconds * 1_000);
    const { status, json } = await oauth('token_endpoint', asked).catch(orSlower);
    if (status === 200) return keep(json, { accountId: undefined }); // it may be somebody else this time
    if (json.error === 'expired_token') return signIn();
    if (json.error === 'slow_down') seconds += 5;
    else if (json.error !== 'authorization_pending') throw new Error(`not signed in: ${json.error}`);
  }
}

function orSlower(error) {
  if (error instanceof Away) return { json: { error: 'slow_down' } };
  throw error;
}

/** A refresh token is spent by use: its successor is kept before anything else is done. */
function keep({ access_token: access, refresh_token: refresh, expires_in: seconds }, more = {}) {
  save({ access, refresh, expiresAt: Date.now() + (seconds - 30) * 1_000, ...more });
  return access;
}

async function accessToken(isRefused) {
  if (state.access && !isRefused && Date.now() < state.expiresAt) return state.access;
  if (!state.refresh) return signIn();
  const asked = { grant_type: 'refresh_token', refresh_token: state.refresh };
  const renew = () => oauth('token_endpoint', asked);
  const { status, json } = await renew().catch(renew); // a lost answer is given again for a minute
  if (status === 200) return keep(json);
  if (json.error !== 'invalid_grant') throw new Error(`no new token: ${json.error}`);
  return signIn();
}

async function api(path, headers = {}, isRefused = false) {
  const Authorization = `Bearer ${await accessToken(isRefused)}`;
  const answer = await ask(`${broker}/api/v1/${path}`, { headers: { ...headers, Authorization } });
  return answer.status === 401 && !isRefused ? api(path, headers, true) : answer;
}

/** The list, asked for by the ETag of the one we have; while the broker is away, the one we have. */
async function servers() {
  try {
    const { status, etag, json } = await api('servers', state.list && { 'If-None-Match': state.list.etag });
    if (status === 200) save({ list: { etag, servers: json.servers } });
    else if (status !== 304) throw new Error(`no list: ${json.code}`);
    if (!state.accountId) save({ accountId: (await api('profile')).json.id });
  } catch (error) {
    if (!(error instanceof Away) || !state.list || !state.accountId) throw error;
    console.log(`The broker is away (${error.message}); the servers of last time:`);
  }
  return state.list.servers;
}

/** Nothing secret is sent before this: an old address may be somebody else's by now. */
async function identified(url, systemId, signal) {
  const { json } = await ask(`${url}/System/Info/Public`, { signal, redirect: 'error' });
  if (json.Id !== systemId) throw new Error(`${url} is another server`);
  return url;
}

/** RFC 8305: the next starts 250 ms after the one before, or when that failed; the first that works ends the others. */
export async function race(attempts, staggerMs = 250) {
  const end = new AbortController();
  const start = async (runs, at) => {
    const failed = new Promise((resolve) => runs[at - 1]?.catch(resolve));
    if (at > 0) await Promise.race([failed, pause(staggerMs * at, undefined, { signal: end.signal })]);
    return attempts[at](end.signal);
  };
  const runs = [];
  for (const at of attempts.keys()) runs.push(start(runs, at));
  return Promise.any(runs).finally(() => end.abort());
}

/** The first address that answers as the right server, and a session there for the link key. */
async function enter({ name, systemId, linkKey, addresses }) {
  const url = await race(addresses.map((address) => identified.bind(null, address.url, systemId)));
  const client = 'MediaBrowser Client="TV sample", Device="Terminal", DeviceId="tv-sample", Version="1.0"';
  const headers = { 'X-Emby-Token': linkKey, 'X-Emby-Authorization': client };
  const path = `${url}/Connect/Exchange?format=json&ConnectUserId=${state.accountId}`;
  const { status, json } = await ask(path, { headers, redirect: 'error' });
  console.log(
    `${name}: ${url}, ${status === 200 ? `signed in as ${json.LocalUserId}` : 'refused the link key'}`,
  );
}

if (isProgram) {
  for (const server of await servers()) {
    await enter(server).catch((error) =>
      console.log(`${server.name}: not reachable (${(error.errors?.[0] ?? error).message})`),
    );
  }
}

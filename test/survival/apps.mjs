/** An app that a person lets in by the device grant, and its tokens. */
import { PageBrowser } from './browser.mjs';
import { accepted, ask, PASSWORD, post } from './people.mjs';

/** The public client that every broker has. */
const CLIENT = { client_id: 'signpost-device' };
export const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** @typedef {{ access: string, refresh: string }} Tokens */

/**
 * An app that asks to be let in. @param {string} url @param {string | null} userName who lets it in; null: nobody yet
 * @param {string} scope @returns {Promise<{ clientId: string, code: string }>}
 */
export async function waitingApp(url, userName, scope) {
  const asked = accepted(await post(`${url}/oidc/device-authorization`, { ...CLIENT, scope }));
  const { device_code: code, user_code: pin } = /** @type {{ device_code: string, user_code: string }} */ (
    asked
  );
  if (userName === null) return { clientId: CLIENT.client_id, code };
  const browser = new PageBrowser(url);
  await browser.signIn(userName, PASSWORD);
  const formToken = await browser.formToken('/pin');
  const { status } = await browser.post('/pin/confirm', { formToken, pin });
  if (status !== 303) throw new Error(`the app was not let in: ${status}`);
  return { clientId: CLIENT.client_id, code };
}

/** @param {string} url @param {string} userName @param {string} scope @returns {Promise<Tokens>} */
export async function letIn(url, userName, scope) {
  const { code } = await waitingApp(url, userName, scope);
  return tokensIn(await post(`${url}/oidc/token`, { ...CLIENT, grant_type: GRANT, device_code: code }));
}

/** @param {string} url @param {string} refreshToken @returns {Promise<import('./people.mjs').Answer>} */
export const refresh = (url, refreshToken) =>
  post(`${url}/oidc/token`, { ...CLIENT, grant_type: 'refresh_token', refresh_token: refreshToken });

/** @param {import('./people.mjs').Answer} answer @returns {Tokens} */
export function tokensIn(answer) {
  const given = /** @type {{ access_token: string, refresh_token: string }} */ (accepted(answer));
  return { access: given.access_token, refresh: given.refresh_token };
}

/** @param {string} url @param {Tokens} tokens @param {string} path below `/api/v1` @param {RequestInit} [init] */
export const askApi = (url, { access }, path, init = {}) =>
  ask(`${url}/api/v1/${path}`, { ...init, headers: { Authorization: `Bearer ${access}` } });

import { ServerResponse } from 'node:http';
import process from 'node:process';

/**
 * Loaded into a broker before anything else (`--import`): the process dies when it would answer at the token endpoint, by
 * SIGKILL, so that nothing of it has the time to do anything. What it has committed then is all that is left.
 */
/** @type {{ writeHead: Function }} */
const answering = ServerResponse.prototype;

answering.writeHead = new Proxy(answering.writeHead, {
  /** @param {Function} original @param {{ req: { originalUrl?: string } }} response @param {unknown[]} rest */
  apply(original, response, rest) {
    if (response.req.originalUrl === '/oidc/token') process.kill(process.pid, 'SIGKILL');
    return /** @type {unknown} */ (Reflect.apply(original, response, rest));
  },
});

import { Injectable } from '@nestjs/common';
import type { PasswordProof } from '../../features/accounts/index.js';
import { ReadyAnswer } from '../../platform/http/ready-answer.js';
import type { ReadyRoute } from '../../platform/http/ready-answers.js';
import { aheadOfFramework } from '../../platform/http/request-context.js';
import { hasSmallBody, readSmallBody } from '../../platform/http/small-body.js';
import type { ReadyRequest } from '../../platform/http/whole-request.js';
import { Strangers } from '../../platform/limits/strangers.js';
import { unlessInvalid } from '../../shared/domain-error.js';
import type { Soon } from '../../shared/soon.js';
import { deviceTokenOf } from './callers.guard.js';
import { OPEN_HEADERS } from './cors.js';
import { DeviceSignIns } from './device-sign-ins.service.js';
import { Parameters } from './parameters/parameters.js';
import { identifierOf, proofOf, SIGN_IN_PARAMETERS } from './said-by-people.js';

/** Who somebody says they are, and by what they prove it. */
interface Said {
  readonly identifier: string;
  readonly proof: PasswordProof;
}

/**
 * E7 from whoever says nothing but a name and a password, as a form (P-7). `UserController.signIn` answers the same, and reads
 * it in other encodings, in the URL, and beside the token of a device.
 */
@Injectable()
export class ReadySignIns implements ReadyRoute {
  readonly method = 'POST';
  readonly path = '/service/user/authenticate';
  readonly callers = ['nobody-in-particular'] as const;
  readonly url = /^\/service\/user\/authenticate\/?$/i;
  readonly headers = OPEN_HEADERS;

  constructor(
    private readonly signIns: DeviceSignIns,
    private readonly strangers: Strangers,
  ) {}

  answer(request: ReadyRequest, network: string): Soon<ReadyAnswer | null> {
    if (!hasSmallBody(request.headers) || deviceTokenOf(request) !== undefined) return null;
    return readSmallBody(request, (body) => {
      const said = unlessInvalid(() => saidIn(request.headers['content-type'], body));
      if (said === null || !this.strangers.countNow(network)) return null;
      return this.#signIn(said, request, network);
    });
  }

  #signIn({ identifier, proof }: Said, request: ReadyRequest, network: string): Promise<ReadyAnswer> {
    const app = request.headers['x-application'];
    return aheadOfFramework(request, network, async (requestId) => {
      const name = typeof app === 'string' ? app : '';
      const shape = await this.signIns.signIn(identifier, proof, { network }, name);
      return new ReadyAnswer(null, JSON.stringify(shape), requestId);
    });
  }
}

/** @throws DomainError invalid */
function saidIn(contentType: string | undefined, body: Buffer): Said | null {
  const wire = Parameters.ofForm({ contentType, contentEncoding: undefined, body }, SIGN_IN_PARAMETERS);
  return wire && { identifier: identifierOf(wire), proof: proofOf(wire) };
}

import type { TestBroker } from '../support/broker.js';
import { askAt, type Answer, type Call } from '../connect/ask.js';

/** Asks below `/api/v1/`, with a bearer token. */
export function api(
  broker: TestBroker,
  method: string,
  path: string,
  { bearer, ...call }: Call & { readonly bearer?: string } = {},
): Promise<Answer> {
  const authorization = bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` };
  return askAt(broker, method, `/api/v1/${path}`, {
    ...call,
    headers: { ...authorization, ...call.headers },
  });
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly instance: string;
  readonly page?: string;
  readonly errors?: readonly { pointer?: string; parameter?: string; detail: string }[];
}

/** The problem that an answer is; throws if it is none. */
export function problemIn(answer: Answer): Problem {
  const problem = answer.object as unknown as Problem;
  const isProblem = answer.headers['content-type'] === 'application/problem+json; charset=utf-8';
  if (!isProblem || problem.status !== answer.status || typeof problem.code !== 'string') {
    throw new TypeError(
      `no problem: ${answer.status} ${String(answer.headers['content-type'])} ${answer.text}`,
    );
  }
  return problem;
}

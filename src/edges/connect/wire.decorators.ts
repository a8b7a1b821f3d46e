import {
  applyDecorators,
  createParamDecorator,
  Delete,
  Get,
  HttpCode,
  Post,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Callers, type CallerClass } from '../../platform/http/callers.js';
import { Parameters } from './parameters/parameters.js';
import type { ConnectRequest } from './callers.guard.js';

const methods = { GET: Get, POST: Post, DELETE: Delete };

/** An endpoint of the protocol: always exactly 200 on success, which some clients insist on (Q3). */
export function Endpoint(
  method: keyof typeof methods,
  path: string,
  ...callers: [CallerClass, ...CallerClass[]]
): MethodDecorator {
  return applyDecorators(methods[method](path), HttpCode(200), Callers(...callers));
}

/** The named parameters of a request, merged from query and body in any encoding (1.1, Q1). */
export const Wire = createParamDecorator((names: readonly string[], context: ExecutionContext) =>
  readParameters(context.switchToHttp().getRequest<FastifyRequest>(), names),
);

/** The named parameters of the query alone. */
export const WireQuery = createParamDecorator((names: readonly string[], context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return Parameters.read(
    { query: queryOf(request), contentType: undefined, contentEncoding: undefined, body: undefined },
    names,
  );
});

/** The device or server that the guard has recognised. */
export const Caller = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<ConnectRequest>().connectCaller,
);

/** What the app calls itself in `X-Application`: telemetry that people see in their list of devices; may be absent. */
export const App = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const header = context.switchToHttp().getRequest<FastifyRequest>().headers['x-application'];
  return typeof header === 'string' ? header : '';
});

/** Network of the caller, for limits. */
export const Network = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<FastifyRequest>().network,
);

/** Network of the caller, and the device token that it sent though the endpoint asks for none, or ''. */
export const UserToken = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { network, headers } = context.switchToHttp().getRequest<FastifyRequest>();
  const token = headers['x-connect-usertoken'];
  return { network, token: typeof token === 'string' ? token : '' };
});

function readParameters(request: FastifyRequest, names: readonly string[]): Promise<Parameters> {
  const { 'content-type': contentType, 'content-encoding': contentEncoding } = request.headers;
  const body = Buffer.isBuffer(request.body) ? request.body : undefined;
  return Parameters.read({ query: queryOf(request), contentType, contentEncoding, body }, names);
}

function queryOf(request: FastifyRequest): string {
  const url = request.raw.url ?? '';
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark + 1);
}

import {
  applyDecorators,
  Controller,
  createParamDecorator,
  Delete,
  Get,
  HttpCode,
  Post,
  SetMetadata,
  UseGuards,
  type ExecutionContext,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { Callers } from '../../platform/http/callers.js';
import { AppGuard, type AppRequest } from './bearer/app.guard.js';
import { Scopes } from './bearer/scopes.js';
import { knowOperation } from './problems/allowed-methods.js';
import { documented, type Documented } from './reference/documented.js';
import { ShapeGuard, TAKES, type ShapedRequest, type Takes } from './requests/shape.guard.js';

const BASE = 'api/v1';
const METHODS = { GET: Get, POST: Post, DELETE: Delete };

/** One operation of the API: how it is called, who may, what goes in and out, and what is written about it. */
export interface OperationDescription extends Takes, Documented {
  /** Keeps the connection: no HEAD. */
  readonly isStream?: boolean;
}

/** A controller of `/api/v1`: callers first, then the shape of what they send. */
export function ApiController(): ClassDecorator {
  return applyDecorators(Controller(BASE), UseGuards(AppGuard, ShapeGuard));
}

/** Declares an operation at `/api/v1/{path}`. */
export function Operation(
  method: keyof typeof METHODS,
  path: string,
  operation: OperationDescription,
): MethodDecorator {
  const { scopes, answer, query, body, isStream = false } = operation;
  const hasHead = method === 'GET' && !isStream;
  knowOperation(`/${BASE}/${path}`, hasHead ? [method, 'HEAD'] : [method]);
  return applyDecorators(
    METHODS[method](path),
    HttpCode(answer.status),
    RouteConfig({ hasHead }),
    Callers(scopes === 'open' ? 'nobody-in-particular' : 'app'),
    Scopes(...(scopes === 'open' ? [] : scopes)),
    SetMetadata(TAKES, { query, body }),
    documented(operation),
  );
}

/** The app that the guard has recognised. */
export const App = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<AppRequest>().app,
);

/** The query, as the operation's class says. */
export const Query = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<ShapedRequest>().shaped?.query,
);

/** The body, as the operation's class says. */
export const Body = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<ShapedRequest>().shaped?.body,
);

/** The id in the path. What cannot be one becomes '', which nothing has: an answer as for any id of nobody. */
export const Id = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { id = '' } = context.switchToHttp().getRequest<FastifyRequest>().params as { id?: string };
  return /^[0-9a-f]{32}$/.test(id) ? id : '';
});

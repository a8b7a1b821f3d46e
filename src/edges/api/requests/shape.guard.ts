import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { readJsonBody } from './json-body.js';
import { checkedBody, checkedQuery, Nothing, type Shape } from './shape.js';

/** What an operation takes; `Nothing` where it is not said. */
export interface Takes {
  readonly query?: Shape;
  readonly body?: Shape;
}

export const TAKES = Symbol('takes');

export interface ShapedRequest extends FastifyRequest {
  shaped?: { readonly query: object; readonly body: object };
}

/** Nothing that is not documented comes in: every operation has one schema (S-100). After the guard of callers. */
@Injectable()
export class ShapeGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<ShapedRequest>();
    const takes = this.reflector.get<Takes | undefined>(TAKES, context.getHandler()) ?? {};
    const { 'content-type': contentType, 'content-encoding': contentEncoding } = request.headers;
    const query = checkedQuery(takes.query ?? Nothing, queryOf(request));
    const raw = { contentType, contentEncoding, body: request.body };
    // A GET has no body that means anything (RFC 9110, 9.3.1); some clients send its type all the same.
    const body = request.method === 'GET' || request.method === 'HEAD' ? {} : readJsonBody(raw);
    request.shaped = { query, body: checkedBody(takes.body ?? Nothing, body) };
    return true;
  }
}

function queryOf(request: FastifyRequest): string {
  const url = request.raw.url ?? '';
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark + 1);
}

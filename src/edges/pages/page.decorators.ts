import {
  applyDecorators,
  Controller,
  createParamDecorator,
  Get,
  Post,
  UseGuards,
  UseInterceptors,
  type ExecutionContext,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { SignInOrigin } from '../../features/accounts/index.js';
import { Callers } from '../../platform/http/callers.js';
import { BrowserGuard } from './browser.guard.js';
import { Form } from './form.js';
import { PageInterceptor } from './page.interceptor.js';
import { SameOriginGuard } from './same-origin.guard.js';
import type { PageRequest } from './visitors.service.js';

/** A controller whose handlers answer with a `Page`. */
export function PageController(): ClassDecorator {
  return applyDecorators(
    Controller(),
    UseGuards(SameOriginGuard, BrowserGuard),
    UseInterceptors(PageInterceptor),
  );
}

/** GET (and HEAD, see pages.module): shows, and never changes or uses up anything. */
export function Show(...paths: string[]): MethodDecorator {
  return applyDecorators(Get(paths), RouteConfig({ isPage: true }), Callers('nobody-in-particular'));
}

/** POST of a form. */
export function Submit(...paths: string[]): MethodDecorator {
  return applyDecorators(Post(paths), Callers('nobody-in-particular'));
}

/** GET for signed-in people; others are sent to sign in first. */
export function ShowSignedIn(...paths: string[]): MethodDecorator {
  return applyDecorators(Get(paths), RouteConfig({ isPage: true }), Callers('browser'));
}

/** POST of a form by signed-in people, with its form token (S-113). */
export function SubmitSignedIn(...paths: string[]): MethodDecorator {
  return applyDecorators(Post(paths), Callers('browser'));
}

/** The signed-in browser; only on `ShowSignedIn` and `SubmitSignedIn`, else it may be undefined. */
export const Browser = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<PageRequest>().browser,
);

/** The named parameters of the query. */
export const Query = createParamDecorator((names: readonly string[], context: ExecutionContext) => {
  const url = requestOf(context).raw.url ?? '';
  const mark = url.indexOf('?');
  return Form.read(mark < 0 ? '' : url.slice(mark + 1), names);
});

/** The named fields of the form. */
export const Fields = createParamDecorator((names: readonly string[], context: ExecutionContext) => {
  const { headers, body } = requestOf(context);
  return Form.readBody(
    { contentType: headers['content-type'], contentEncoding: headers['content-encoding'], body },
    names,
  );
});

/** Network of the caller, for limits. */
export const Network = createParamDecorator(
  (_: unknown, context: ExecutionContext) => requestOf(context).network,
);

/** Where a password is given and by what whoever gives it may be known: `SignInOrigin`. */
export const Origin = createParamDecorator((_: unknown, context: ExecutionContext): SignInOrigin => {
  const { network, browserSecret = '', browser } = context.switchToHttp().getRequest<PageRequest>();
  if (!browser) return { network, browserSecret };
  const { account, session } = browser;
  return { network, browserSecret, signedIn: { accountId: account.id, id: session.id } };
});

function requestOf(context: ExecutionContext): FastifyRequest {
  return context.switchToHttp().getRequest<FastifyRequest>();
}

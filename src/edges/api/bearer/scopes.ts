import { SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

/** What a person can allow an app, in their words: shown in the OpenAPI file. */
export const SCOPES = {
  'servers:read': 'See your servers, their addresses and the keys to sign in to them',
  'links:manage': 'Accept and decline invitations, and leave servers',
  'sign-ins:manage': 'See where you are signed in, and end sign-ins',
  profile: 'See your user name',
  email: 'See your e-mail address',
} as const;

export type Scope = keyof typeof SCOPES;

const KEY = Symbol('scopes');

/** Any one of these is enough; none named: any token is. */
export function Scopes(...scopes: readonly Scope[]): CustomDecorator<symbol> {
  return SetMetadata(KEY, scopes);
}

export function scopesOf(
  reflector: Reflector,
  context: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): readonly Scope[] {
  return (
    reflector.getAllAndOverride<Scope[] | undefined>(KEY, [context.getHandler(), context.getClass()]) ?? []
  );
}

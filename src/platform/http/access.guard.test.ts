import { expect, test } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { loadConfig } from '../../config/index.js';
import type { Counted, Rule } from '../limits/limiter.js';
import { UnlimitedLimiter } from '../limits/memory-limiter.js';
import { Strangers } from '../limits/strangers.js';
import { AccessGuard } from './access.guard.js';
import { Callers } from './callers.js';

class CountingLimiter extends UnlimitedLimiter {
  readonly taken: Rule[] = [];

  override takeNow(): boolean {
    return false;
  }

  override take(rules: readonly Rule[]): Promise<Counted> {
    this.taken.push(...rules);
    return super.take(rules);
  }
}

class Routes {
  @Callers('nobody-in-particular')
  open(): void {
    return;
  }

  @Callers('device', 'server')
  closed(): void {
    return;
  }

  forgotten(): void {
    return;
  }
}

function guard(name: keyof Routes): { limiter: CountingLimiter; admits: Promise<boolean> } {
  const limiter = new CountingLimiter();
  const context = {
    getHandler: () => Reflect.get(Routes.prototype, name),
    getClass: () => Routes,
    switchToHttp: () => ({ getRequest: () => ({ network: '192.0.2.0/24' }) }),
  } as unknown as ExecutionContext;
  return {
    limiter,
    admits: new AccessGuard(new Reflector(), new Strangers(limiter, loadConfig({}))).canActivate(context),
  };
}

test('a route that does not declare its callers answers nobody, and says which it is', async () => {
  await expect(guard('forgotten').admits).rejects.toThrow('Routes.forgotten does not declare its callers');
});

test('a route that asks for a credential is left to the guard that checks it', async () => {
  const { limiter, admits } = guard('closed');
  expect(await admits).toBe(true);
  expect(limiter.taken).toEqual([]);
});

test('a route that anybody may call is counted per network', async () => {
  const { limiter, admits } = guard('open');
  expect(await admits).toBe(true);
  expect(limiter.taken).toMatchObject([{ key: '192.0.2.0/24' }]);
});

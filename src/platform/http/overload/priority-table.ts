import type { Reflector } from '@nestjs/core';
import { callersOf } from '../callers.js';
import type { DeclaredRoute } from '../declared-routes.js';
import { priorityOf, type Priority, type PriorityRule } from './priority.js';

interface Pattern {
  readonly method: string;
  /** Lower case; null stands for any one. */
  readonly segments: readonly (string | null)[];
  readonly rule: PriorityRule;
}

/**
 * What each route is worth, by method and path alone: under overload a request is refused before the framework has routed
 * it, which would cost more than the refusal.
 */
export class PriorityTable {
  readonly #plain = new Map<string, PriorityRule>();
  readonly #patterns: Pattern[] = [];

  constructor(routes: readonly DeclaredRoute[], reflector: Reflector) {
    for (const { method, path, place } of routes) {
      const rule = priorityOf(reflector, place, callersOf(reflector, place) ?? []);
      if (path.includes(':')) this.#patterns.push({ method, segments: segmentsOf(path), rule });
      else this.#plain.set(`${method} ${path.toLowerCase()}`, rule);
    }
  }

  /** A path that is nobody's is worth as little as a look-up. */
  of(method: string, url: string): Priority {
    const mark = url.indexOf('?');
    const path = canonical(mark < 0 ? url : url.slice(0, mark));
    const rule = this.#ruleOf(method === 'HEAD' ? 'GET' : method, path);
    return typeof rule === 'function' ? rule(mark < 0 ? '' : url.slice(mark + 1)) : rule;
  }

  #ruleOf(method: string, path: string): PriorityRule {
    const plain = this.#plain.get(`${method} ${path}`);
    if (plain !== undefined) return plain;
    const segments = path.split('/');
    const pattern = this.#patterns.find((one) => one.method === method && fits(one.segments, segments));
    return pattern?.rule ?? 'look-up';
  }
}

function segmentsOf(path: string): (string | null)[] {
  return path.split('/').map((segment) => (segment.startsWith(':') ? null : segment.toLowerCase()));
}

function fits(pattern: Pattern['segments'], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((wanted, at) => (wanted === null ? segments[at] !== '' : wanted === segments[at]))
  );
}

/** As the router reads it: letter case, a slash at the end and percent-encoded letters do not matter. */
function canonical(path: string): string {
  const plain = path.includes('%') ? decoded(path) : path;
  const short = plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain;
  return short.toLowerCase();
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

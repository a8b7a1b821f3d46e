import type { Reflector } from '@nestjs/core';
import { callersOf } from '../callers.js';
import type { DeclaredRoute } from '../declared-routes.js';
import { priorityOf, type Priority, type PriorityRule } from './priority.js';

/** A route, by the name that it has in the numbers for operators. */
interface Known {
  readonly route: string;
  readonly rule: PriorityRule;
}

interface Pattern extends Known {
  readonly method: string;
  /** Lower case; null stands for any one. */
  readonly segments: readonly (string | null)[];
}

/** What a request is worth. */
export interface Worth {
  readonly priority: Priority;
  readonly route: string;
}

/** As the numbers call what no route takes. */
export const NOBODYS_ROUTE = 'none';
const NOBODYS: Known = { route: NOBODYS_ROUTE, rule: 'look-up' };

/**
 * What each route is worth, by method and path alone: under overload a request is refused before the framework has routed
 * it, which would cost more than the refusal.
 */
export class PriorityTable {
  readonly #plain = new Map<string, Known>();
  readonly #patterns: Pattern[] = [];

  constructor(routes: readonly DeclaredRoute[], reflector: Reflector) {
    for (const { method, path, place } of routes) {
      const rule = priorityOf(reflector, place, callersOf(reflector, place) ?? []);
      const known = { route: path, rule };
      if (path.includes(':')) this.#patterns.push({ ...known, method, segments: segmentsOf(path) });
      else this.#plain.set(`${method} ${path.toLowerCase()}`, known);
    }
  }

  /** A path that is nobody's is worth as little as a look-up. */
  of(method: string, url: string): Worth {
    const mark = url.indexOf('?');
    const path = canonical(mark < 0 ? url : url.slice(0, mark));
    const { route, rule } = this.#find(method === 'HEAD' ? 'GET' : method, path);
    const priority = typeof rule === 'function' ? rule(mark < 0 ? '' : url.slice(mark + 1)) : rule;
    return { route, priority };
  }

  #find(method: string, path: string): Known {
    const plain = this.#plain.get(`${method} ${path}`);
    if (plain !== undefined) return plain;
    const segments = path.split('/');
    return this.#patterns.find((one) => one.method === method && fits(one.segments, segments)) ?? NOBODYS;
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

import type { FastifyReply, FastifyRequest } from 'fastify';
import { counter, histogram, NAMES_IN_THE_CODE, type Count, type Distribution } from '../metrics/metrics.js';
import { elapsedOf } from './early-looks.js';
import type { Failure } from './failure.js';
import { NOBODYS_ROUTE } from './overload/priority-table.js';

const CLASSES = ['2xx', '3xx', '4xx', '5xx'] as const;
type StatusClass = (typeof CLASSES)[number];

/** Every answer, by route (the template, never the path), method and class of status. */
const answers = histogram({
  name: 'signpost_http_request_duration_seconds',
  help: 'Requests answered, and how long each took; event streams and long polls last as long as they are held.',
  labels: {
    method: NAMES_IN_THE_CODE,
    route: NAMES_IN_THE_CODE,
    status: CLASSES,
  },
});

const failures = counter({
  name: 'signpost_failures_total',
  help: 'Requests refused or failed, by route, status and reason: the code of a refusal (that of OAuth where apps and browsers are refused by it), `http` for what never reached a route, `overloaded` for what waited too long for its turn, `trouble` for a bug or an outage.',
  labels: { route: NAMES_IN_THE_CODE, status: NAMES_IN_THE_CODE, reason: NAMES_IN_THE_CODE },
});

const troubles = counter({
  name: 'signpost_troubles_total',
  help: 'Requests that ended in a bug, or in an outage that nothing else tells of: each has a line "request failed" in the log.',
  labels: { route: NAMES_IN_THE_CODE },
});
troubles.series({ route: NOBODYS_ROUTE });

export function countAnswer(request: FastifyRequest, reply: FastifyReply): void {
  const { method } = request;
  const status = CLASSES[Math.floor(reply.statusCode / 100) - 2] ?? '5xx';
  answers.observe({ method, route: routeOf(request), status }, elapsedOf(request, reply) / 1_000);
}

/** For a route past the framework, which looks its series up once: it adds the seconds of each answer itself. */
export function answersOf(method: string, route: string, status: StatusClass): Distribution {
  return answers.series({ method, route, status });
}

export function countFailure(request: FastifyRequest, status: number, failure: Failure): void {
  countRefusal(routeOf(request), status, reasonOf(failure));
}

/** Where failures are told in words of their own. @param reason one of those, never what a caller sent */
export function countRefusal(route: string, status: number, reason: string): void {
  failures.count({ route, status: String(status), reason });
}

/** At nought, once it is known that there is such a route: its first trouble is then seen as growth, which an alert looks for. */
export function awaitTrouble(route: string): void {
  troubles.series({ route });
}

export function countTrouble(route: string): void {
  troubles.count({ route });
}

/** What counts the refusals of a route, kept because there may be thousands in a second. */
const overloaded = new Map<string, { readonly waits: Distribution; readonly refusals: Count }>();

/** A request that was refused before the framework saw it, and how long it had waited. */
export function countOverloaded(method: string, route: string, seconds: number): void {
  const key = `${method} ${route}`;
  let known = overloaded.get(key);
  if (known === undefined) {
    const waits = answers.series({ method, route, status: '5xx' });
    const refusals = failures.series({ route, status: '503', reason: 'overloaded' });
    overloaded.set(key, (known = { waits, refusals }));
  }
  known.waits.observe(seconds);
  known.refusals.add();
}

/** What no route takes is one route. */
export function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? NOBODYS_ROUTE;
}

function reasonOf(failure: Failure): string {
  if (failure.cause === 'domain') return failure.error.code;
  return failure.cause === 'transport' ? 'http' : 'trouble';
}

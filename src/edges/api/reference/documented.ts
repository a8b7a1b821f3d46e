import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOperation,
  ApiParam,
  ApiResponse,
  ApiSecurity,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Scope } from '../bearer/scopes.js';
import { PROBLEMS, type ProblemCode } from '../problems/problem-list.js';
import type { Shape } from '../requests/shape.js';
import { ProblemShape } from './problem.shape.js';

/** What an operation answers when all is well. */
interface Answer {
  readonly status: 200 | 204;
  readonly description: string;
  /** Class of the JSON; none for 204 and for what is no JSON. */
  readonly type?: Type;
  /** Where it is not JSON. */
  readonly contentType?: string;
  /** Headers beside those of every answer: name → meaning. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What 304 means, where it can come. */
  readonly unchanged?: string;
}

/** What is written about an operation. */
export interface Documented {
  /** `operationId`, by which generated clients call it. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** Any one of these is enough; none: every access token is. `open`: nobody in particular may call. */
  readonly scopes: readonly Scope[] | 'open';
  readonly answer: Answer;
  /** Problems of its own, beside those of every operation. */
  readonly problems?: readonly ProblemCode[];
  readonly body?: Shape;
  /** What the id in the path is, where there is one. */
  readonly ofId?: string;
  /** What else is to be written: parameters of the query, headers of the request. */
  readonly more?: readonly MethodDecorator[];
}

/** What can happen to every request. */
const ALWAYS: readonly ProblemCode[] = [
  'malformed-request',
  'invalid-request',
  'https-needed',
  'request-timeout',
  'url-too-long',
  'unknown-name',
  'too-many',
  'unavailable',
];
const WITH_TOKEN: readonly ProblemCode[] = ['token-missing', 'token-invalid'];
const WITH_BODY: readonly ProblemCode[] = ['invalid-body', 'body-too-large', 'unsupported-media-type'];

/** Puts an operation into the OpenAPI file. */
export function documented(operation: Documented): MethodDecorator {
  const { id, tag, summary, description, scopes, body, more = [], ofId } = operation;
  return applyDecorators(
    ApiOperation({ operationId: id, tags: [tag], summary, description }),
    ...security(scopes),
    ...(ofId === undefined ? [] : [ApiParam({ name: 'id', description: ofId, schema: ID })]),
    ...(body === undefined ? [] : [ApiBody({ type: body, required: false })]),
    ...more,
    ...answers(operation.answer),
    ...problems(codesOf(operation)),
  );
}

const ID = { type: 'string', pattern: '^[0-9a-f]{32}$', example: '5f0c3b1e8a9d4c7fb2e6a1d0c9b8e7f6' };

function security(scopes: Documented['scopes']): MethodDecorator[] {
  if (scopes === 'open') return [];
  if (scopes.length === 0) return [ApiSecurity({ oauth: [] })];
  return scopes.map((scope) => ApiSecurity({ oauth: [scope] }));
}

function answers({
  status,
  description,
  type,
  contentType,
  headers = {},
  unchanged,
}: Answer): MethodDecorator[] {
  const described = Object.entries(headers).map(([name, meaning]) => [
    name,
    { description: meaning, schema: { type: 'string' } },
  ]);
  const common = { status, description, headers: Object.fromEntries(described) as object };
  const content =
    contentType === undefined ? {} : { content: { [contentType]: { schema: { type: 'string' } } } };
  const full = type === undefined ? { ...common, ...content } : { ...common, type };
  const more = unchanged === undefined ? [] : [ApiResponse({ status: 304, description: unchanged })];
  return [ApiResponse(full as Parameters<typeof ApiResponse>[0]), ...more];
}

function codesOf({ id, scopes, problems: own = [], body }: Documented): readonly ProblemCode[] {
  const isChange = body !== undefined || !/^(?:list|get|follow)/.test(id);
  return [
    ...ALWAYS,
    ...(scopes === 'open' ? [] : WITH_TOKEN),
    ...(scopes === 'open' || scopes.length === 0 ? [] : (['scope-missing'] as const)),
    ...(isChange ? WITH_BODY : []),
    ...own,
  ];
}

/** One answer per status, with every code that comes under it. */
function problems(codes: readonly ProblemCode[]): MethodDecorator[] {
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))].sort((a, b) => a - b);
  const content = { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemShape) } } };
  return [
    ApiExtraModels(ProblemShape),
    ...statuses.map((status) =>
      ApiResponse({
        status,
        description: saying(codes.filter((code) => PROBLEMS[code].status === status)),
        content,
      }),
    ),
  ];
}

function saying(codes: readonly ProblemCode[]): string {
  return codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' ');
}

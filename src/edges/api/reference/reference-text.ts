import type { OpenAPIObject } from '@nestjs/swagger';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;
type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** A name, what may stand there, and what it means. */
export interface FieldText {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

/** What the reference says of one operation. */
export interface OperationText {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly scopes: string;
  readonly parameters: readonly FieldText[];
  readonly answers: readonly FieldText[];
}

/** Every operation, in the order of the file. */
export function operationsOf(document: OpenAPIObject): OperationText[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    (['get', 'post', 'delete'] as const).flatMap((method) => {
      const operation = item[method];
      return operation ? [operationText(method.toUpperCase(), path, operation)] : [];
    }),
  );
}

function operationText(method: string, path: string, operation: Operation): OperationText {
  const { operationId = '', summary = '', description = '', parameters = [], responses } = operation;
  return {
    id: operationId,
    method,
    path,
    summary,
    description,
    scopes: scopesText(operation.security),
    parameters: parameters.flatMap((one) =>
      'name' in one ? [{ name: one.name, type: `(${one.in})`, text: one.description ?? '' }] : [],
    ),
    answers: Object.entries(responses).map(([status, answer]) => ({
      name: status,
      type: '',
      text: answer !== undefined && 'description' in answer ? answer.description : '',
    })),
  };
}

function scopesText(security: Operation['security']): string {
  if (security === undefined || security.length === 0) return 'Needs no access token.';
  const scopes = security.flatMap((one) => Object.values(one).flat());
  return scopes.length === 0
    ? 'Any access token will do.'
    : `Needs an access token with the scope ${scopes.join(' or ')}.`;
}

/** The fields of a shape; empty for what has none. */
export function fieldsOf(schema: Schema): FieldText[] {
  if (!('properties' in schema)) return [];
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    type: `${typeText(field)}${required.has(name) ? '' : ', may be absent'}`,
    text: 'description' in field ? (field.description ?? '') : '',
  }));
}

function typeText(field: Schema): string {
  if ('$ref' in field) return field.$ref.split('/').at(-1) ?? '';
  if (field.enum !== undefined) return field.enum.map((one) => JSON.stringify(one)).join(' or ');
  const inner = field.allOf?.[0];
  if (inner) return typeText(inner);
  const of = field.items === undefined ? '' : ` of ${typeText(field.items)}`;
  return `${[field.type ?? 'object'].flat().join(' or ')}${of}`;
}

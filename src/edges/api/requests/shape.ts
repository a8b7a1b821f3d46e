import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import { RequestFaults, type RequestFault } from '../problems/refusals.js';

/** A class whose decorators say what a query or a body may hold. */
export type Shape = new () => object;

/** For operations that take nothing: whatever is sent is one field too many. */
export class Nothing {
  declare private readonly nothing: never;
}

type Name = (property: string, detail: string) => RequestFault;

const UNKNOWN = 'is not known here';

const STRICT = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: false,
  stopAtFirstError: true,
  validationError: { target: false, value: false },
};

/** @throws DomainError invalid: everything that is wrong with the body, by JSON pointer */
export function checkedBody(shape: Shape, body: object): object {
  return checked(shape, body, (property, detail) => ({
    pointer: `/${property.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    detail,
  }));
}

/** @throws DomainError invalid: everything that is wrong with the query, by name of the parameter */
export function checkedQuery(shape: Shape, query: string): object {
  const given = Object.create(null) as Record<string, string>;
  const twice: RequestFault[] = [];
  for (const [name, value] of new URLSearchParams(query)) {
    if (name in given) twice.push({ parameter: shown(name), detail: 'is given twice' });
    given[name] = value;
  }
  if (twice.length > 0) throw new RequestFaults(twice);
  return checked(shape, given, (parameter, detail) => ({ parameter, detail }));
}

function checked(shape: Shape, given: object, name: Name): object {
  // Ours, because the libraries overlook names that every object has, such as `constructor`, and a class without fields.
  const known = namesIn(shape);
  const unknown = Object.keys(given).filter((one) => !known.has(one));
  if (unknown.length > 0) throw new RequestFaults(unknown.map((one) => name(shown(one), UNKNOWN)));
  const instance = plainToInstance(shape, given);
  const errors = validateSync(instance, STRICT);
  if (errors.length > 0) throw new RequestFaults(errors.map((error) => faultOf(error, name)));
  return instance;
}

function namesIn(shape: Shape): ReadonlySet<string> {
  const rules = getMetadataStorage().getTargetValidationMetadatas(shape, '', false, false);
  return new Set(rules.map(({ propertyName }) => propertyName));
}

function faultOf({ property, constraints = {} }: ValidationError, name: Name): RequestFault {
  const said = Object.values(constraints).map((text) => text.replace(`${property} `, ''));
  return name(shown(property), said.join('; ') || 'is not as documented');
}

/** What a caller named something, short enough to say back. */
function shown(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?').slice(0, 64);
}

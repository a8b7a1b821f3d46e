import type { DataSource, ObjectLiteral } from 'typeorm';

/**
 * Numbers as parameters of statements. TypeORM writes those of SQLite into the text: every time that is compared with or
 * stored would make a statement of its own, to be planned anew and kept for as long as the process lives.
 */
export function bindNumbers({ driver }: DataSource): void {
  const escape = driver.escapeQueryWithParameters.bind(driver);
  driver.escapeQueryWithParameters = (sql, parameters, ...rest) => escape(sql, bound(parameters), ...rest);
}

/** As the driver binds a whole number: it makes a real number of what is not a BigInt. */
function bound(parameters: ObjectLiteral): ObjectLiteral {
  const entries = Object.entries(parameters);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Number.isSafeInteger(value) ? BigInt(value as number) : value]),
  );
}

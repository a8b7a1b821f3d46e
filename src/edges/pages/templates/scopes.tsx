import type { VNode } from 'preact';
import { useMessages } from '../html.js';

/** What an app may do, in plain words; nothing where it asks for nothing. */
export function Scopes({ scopes }: { scopes: readonly string[] }): VNode | null {
  const { letting } = useMessages();
  const known: Readonly<Record<string, string>> = letting.scopes;
  if (scopes.length === 0) return null;
  return (
    <>
      <p>{letting.may}</p>
      <ul>
        {scopes.map((scope) => (
          <li>{known[scope] ?? scope}</li>
        ))}
      </ul>
    </>
  );
}

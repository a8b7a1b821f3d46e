import type { VNode } from 'preact';
import { useVisitor } from '../html.js';

/** Tells password managers whose password is asked for or set; nobody sees it and nothing reads it. */
export function Owner(): VNode {
  const { userName } = useVisitor();
  return <input type="text" autocomplete="username" value={userName ?? ''} readonly hidden />;
}

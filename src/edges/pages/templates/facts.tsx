import type { VNode } from 'preact';
import { shown } from '../shown.js';

export interface Fact {
  readonly name: string;
  /** May come from outside. */
  readonly value: string;
  /** To compare letter by letter. */
  readonly isExact?: boolean;
}

/** Things to compare by eye, as name and value. */
export function Facts({ facts }: { facts: readonly Fact[] }): VNode {
  return (
    <dl class="facts">
      {facts.map(({ name, value, isExact }) => (
        <div>
          <dt>{name}</dt>
          <dd class={isExact ? 'exact' : undefined}>
            <bdi>{shown(value)}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}

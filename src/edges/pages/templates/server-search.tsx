import type { VNode } from 'preact';
import { useMessages } from '../html.js';

/** A form that only asks for another page: it works without script, and Back leads to the whole list. */
export function ServerSearch({ find, hasFound }: { find: string; hasFound: boolean }): VNode {
  const { lists: words } = useMessages().signedIn;
  return (
    <form class="find" method="get" action="/servers" role="search">
      <label for="find">{words.findServer}</label>
      <div class="together">
        <input id="find" name="find" type="search" value={find} maxLength={64} autocapitalize="none" />
        <button class="button quiet">{words.find}</button>
      </div>
      {hasFound ? null : <p role="status">{words.nothingFound(find)}</p>}
      {find === '' ? null : (
        <p>
          <a href="/servers">{words.showAll}</a>
        </p>
      )}
    </form>
  );
}

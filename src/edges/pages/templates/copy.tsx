import type { VNode } from 'preact';
import { copyScript } from '../assets.js';
import { useMessages } from '../html.js';

interface CopyProps {
  readonly text: string;
  /** Of the button. */
  readonly id: string;
  /** Id of what is copied, for those who hear the button only. */
  readonly of: string;
}

/** Only where script runs. The page needs a `CopyScript` as well. */
export function Copy({ text, id, of }: CopyProps): VNode {
  const { copy } = useMessages().signedIn;
  return (
    <button
      type="button"
      class="small copy"
      id={id}
      data-copy={text}
      data-done={copy.done}
      aria-labelledby={`${id} ${of}`}
    >
      {copy.label}
    </button>
  );
}

export function CopyScript(): VNode {
  return (
    <>
      <p class="unseen" role="status" data-copy-status=""></p>
      <script type="module" src={copyScript}></script>
    </>
  );
}

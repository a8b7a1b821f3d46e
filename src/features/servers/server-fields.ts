import { invalidField } from '../../shared/domain-error.js';

/** S-70. Counted in code points, so that an emoji is not two. */
const NAME_MAX_CODE_POINTS = 64;

/**
 * Characters that would let a name break a line, a log or a mail header, or that no encoding can carry (a lone
 * surrogate). Joiners and variation selectors are not among them: emoji and several scripts need them.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
/** Characters that reorder what stands around them, so that a name could rewrite the sentence it is shown in. */
const REORDERING = /\p{Bidi_Control}/u;
/** Anything a person can see: no blank, no zero-width character, no BRAILLE PATTERN BLANK. */
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]/u;

const SYSTEM_ID = /^[0-9A-Za-z-]{1,64}$/;

function isLongerThanAName(text: string): boolean {
  if (text.length > 2 * NAME_MAX_CODE_POINTS) return true;
  return Array.from(text).length > NAME_MAX_CODE_POINTS;
}

/**
 * The friendly name of a server (S-70): 1 to 64 code points, at least one of them visible. Kept exactly as it
 * was sent, blanks at the ends and Unicode form included: the media server compares nothing, people recognise it.
 */
export function serverName(text: string): string {
  if (isLongerThanAName(text)) throw invalidField('name', 'is longer than 64 characters');
  if (UNPRINTABLE.test(text)) throw invalidField('name', 'contains a line break or control character');
  if (REORDERING.test(text)) throw invalidField('name', 'contains a character that reorders text');
  if (!VISIBLE.test(text)) throw invalidField('name', 'needs at least one visible character');
  return text;
}

/**
 * The media server's own id: 1 to 64 digits, letters or hyphens, kept as sent because clients compare it with
 * what the media server says of itself. It proves nothing (S-72, W10).
 */
export function systemId(text: string): string {
  if (!SYSTEM_ID.test(text)) {
    throw invalidField('systemId', 'must be 1 to 64 letters (a to z), digits or hyphens');
  }
  return text;
}

import type { ComponentChildren, VNode } from 'preact';
import { passwordScript } from '../assets.js';
import { FORM_TOKEN } from '../form-tokens.js';
import { useMessages, useVisitor } from '../html.js';
import type { Messages } from '../messages.js';
import type { Problem } from '../problem.js';
import { Unbroken } from './unbroken.js';

type FieldName = keyof Messages['fields'];

interface FieldProps {
  readonly name: FieldName;
  /** What password managers and keyboards go by. */
  readonly autocomplete: 'username' | 'email' | 'new-password' | 'current-password' | 'one-time-code' | 'off';
  readonly type?: 'text' | 'email' | 'password';
  /** What the person typed before; never given for passwords. */
  readonly value?: string;
  readonly hint?: string;
  readonly readonly?: boolean;
  readonly class?: string;
  readonly maxLength?: number;
  readonly problem?: Problem | undefined;
  /** Instead of the usual words for the field. */
  readonly label?: string;
  /** Instead of the usual words for the problem. */
  readonly problemText?: string | undefined;
  /** What takes the place of the hint while something is typed. */
  readonly children?: ComponentChildren;
}

/** A label, what helps to fill the field in, what was wrong with it, the field. */
export function Field({ name, hint, label, problem, problemText, children, ...rest }: FieldProps): VNode {
  const words = useMessages();
  const error = problem?.field === name ? (problemText ?? textOf(problem, words)) : undefined;
  const input = { id: name, name, type: 'text', ...rest, ...described(name, hint, error) };
  return (
    <div class="field">
      <label for={name}>
        <Unbroken text={label ?? words.fields[name]} />
      </label>
      <div class="guide">
        {children}
        <Said id={`${name}-hint`} kind="hint" text={hint} />
      </div>
      <Said id={`${name}-error`} kind="error" text={error} />
      {rest.type === 'password' ? <Password input={input} /> : <Input {...input} />}
    </div>
  );
}

function Input(attributes: object): VNode {
  return <input required autocapitalize="none" spellcheck={false} {...attributes} />;
}

/** Where script runs, a button shows what was typed. Length is never cut: nobody would see it (S-01). */
function Password({ input }: { input: object }): VNode {
  const { password } = useMessages().gettingIn;
  const words = {
    'data-show': password.show,
    'data-hide': password.hide,
    'data-show-label': password.showLabel,
    'data-hide-label': password.hideLabel,
  };
  return (
    <div class="reveal" data-reveal="" {...words}>
      <Input {...input} />
      <script type="module" src={passwordScript}></script>
    </div>
  );
}

/** Ties the texts to the field, for those who do not see them beside it. */
function described(name: string, hint: string | undefined, error: string | undefined): object {
  const ids = [
    ...(hint === undefined ? [] : [`${name}-hint`]),
    ...(error === undefined ? [] : [`${name}-error`]),
  ];
  return {
    ...(ids.length > 0 ? { 'aria-describedby': ids.join(' ') } : {}),
    ...(error === undefined ? {} : { 'aria-invalid': 'true' }),
  };
}

function Said({ id, kind, text }: { id: string; kind: string; text: string | undefined }): VNode | null {
  if (text === undefined) return null;
  return (
    <p id={id} class={kind}>
      {text}
    </p>
  );
}

/** Belongs into every form of a signed-in person, and into the sign-in form (S-113). */
export function FormToken(): VNode {
  return <input type="hidden" name={FORM_TOKEN} value={useVisitor().formToken()} />;
}

interface SummaryProps {
  readonly problem: Problem | undefined;
  readonly problemText?: string | undefined;
}

/** What was wrong, at the top of the card, announced and focused, leading to the field. */
export function Summary({ problem, problemText }: SummaryProps): VNode | null {
  const words = useMessages();
  if (!problem) return null;
  const text = problemText ?? textOf(problem, words);
  return (
    <div class="note bad" role="alert" tabIndex={-1} autofocus aria-labelledby="summary">
      <h2 id="summary">{words.problems.heading}</h2>
      <p>{problem.field === null ? text : <a href={`#${problem.field}`}>{text}</a>}</p>
    </div>
  );
}

/** By code, else by field, else in general. */
function textOf({ code, field, retryAfterSeconds = 60 }: Problem, { problems }: Messages): string {
  const known: Readonly<Record<string, string | ((seconds: number) => string)>> = problems;
  const text = known[code] ?? known[field ?? ''] ?? problems.other;
  return typeof text === 'string' ? text : text(retryAfterSeconds);
}

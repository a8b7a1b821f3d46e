import type { VNode } from 'preact';
import type { PasswordRules } from '../../../features/accounts/index.js';
import { useMessages } from '../html.js';
import type { Problem } from '../problem.js';
import { Field } from './field.js';

interface NewPasswordProps {
  readonly name: 'password' | 'newPassword';
  readonly rules: PasswordRules;
  readonly problem: Problem | undefined;
}

/** A password to be set. Where script runs, it is judged while it is typed, as far as the rules can be told (S-02). */
export function NewPassword({ name, rules, problem }: NewPasswordProps): VNode {
  const { gettingIn, problems } = useMessages();
  const words = {
    'data-missing': gettingIn.password.missing,
    'data-missing-one': gettingIn.password.missingOne,
    'data-enough': gettingIn.password.enough,
    'data-service-name': problems['password-service-name'],
    'data-service-address': problems['password-service-address'],
    'data-user-name': problems['password-user-name'],
    'data-email': problems['password-email'],
  };
  const known = {
    'data-typing': name,
    'data-min': String(rules.minLength),
    'data-name': rules.serviceName,
    'data-address': rules.serviceAddress.join(' '),
  };
  const common = { type: 'password', autocomplete: 'new-password' } as const;
  return (
    <Field name={name} {...common} hint={gettingIn.password.hint(rules.minLength)} problem={problem}>
      <p class="typing" role="status" {...known} {...words}></p>
    </Field>
  );
}

/** Once more, so that a slip of the finger locks nobody out. */
export function NewPasswordAgain({ problem }: Pick<NewPasswordProps, 'problem'>): VNode {
  return <Field name="newPasswordAgain" type="password" autocomplete="new-password" problem={problem} />;
}

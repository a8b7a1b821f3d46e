import { DomainError } from '../../shared/domain-error.js';

/** The form came without a challenge. */
export function robotCheckMissing(): DomainError {
  return refusal('missing', 'The check against robots is missing. Open the page again.');
}

/** Not a challenge of ours, or not its solution. */
export function robotCheckWrong(): DomainError {
  return refusal('wrong', 'The check against robots did not work out. Send the form again.');
}

export function robotCheckExpired(): DomainError {
  return refusal('expired', 'This form was open for too long. Send it again.');
}

/** No solution and not enough patience; the same challenge is good after the wait. */
export function robotCheckTooEarly(secondsLeft: number): DomainError {
  const wait = secondsLeft === 1 ? 'one second' : `${secondsLeft} seconds`;
  return refusal('too-early', `Wait ${wait}, then send the form again.`, secondsLeft);
}

export function robotCheckUsed(): DomainError {
  return refusal('used', 'This form was sent before. Send it again if you want to.');
}

function refusal(reason: string, message: string, retryAfterSeconds?: number): DomainError {
  const details = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return new DomainError('forbidden', `robot-check-${reason}`, message, details);
}

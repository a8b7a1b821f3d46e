import { span } from './time-spans.js';

/** The words of getting in, and of getting back in: part of the catalogue in `messages.ts`. */
export const gettingIn = {
  fields: {
    newPassword: 'New password',
    newPasswordAgain: 'The same password again',
  },

  problems: {
    'password-short': 'This password is too short.',
    'password-long': 'This password is too long. 256 characters are the most.',
    'password-common': 'Many people use this password, so it is tried first. Choose another one.',
    'password-service-name':
      'This password is little more than the name of this service. Choose another one.',
    'password-service-address':
      'This password is little more than the address of this service. Choose another one.',
    'password-user-name': 'This password is little more than your user name. Choose another one.',
    'password-email': 'This password is little more than your e-mail address. Choose another one.',
    'passwords-differ': 'The two passwords are not the same. Type both again.',
    'email-in-use': 'An account with this address exists already. Use another address.',
    'form-stale':
      'The page was open for too long, or your browser does not keep cookies for it. Nothing was done: try again.',
    'too-many': (seconds: number): string =>
      `Too many tries. Wait ${span(seconds, Math.ceil)}, then try again.`,
    'robot-check-missing': 'The check against robots was missing. Send the form again.',
    'robot-check-wrong': 'The check against robots did not work out. Send the form again.',
    'robot-check-expired': 'The form was open for too long. Send it again.',
    'robot-check-used': 'The form was sent before. Send it again if you want to.',
    'robot-check-too-early': (seconds: number): string =>
      `Only robots are that fast, or browsers without script. Wait ${span(seconds, Math.ceil)}, then send the form again.`,
  },

  /** Beside a new password and while it is typed. */
  password: {
    hint: (min: number): string =>
      `At least ${min} characters. A few words in a row are easy to remember and hard to guess.`,
    show: 'Show',
    hide: 'Hide',
    showLabel: 'Show password',
    hideLabel: 'Hide password',
    missing: '{count} more characters',
    missingOne: 'One more character',
    enough: 'Long enough',
  },

  robot: {
    /** Shown without script. */
    patience: (seconds: number): string =>
      `To keep robots out, this form can be sent ${seconds} seconds after it was opened, not earlier.`,
    working: 'Checking that you are no robot. Go on typing.',
    solved: 'Checked: no robot.',
    held: 'One moment: your form is sent as soon as the check is done.',
    waiting: 'Your browser cannot do the check against robots. You can send the form in {seconds} seconds.',
    ready: 'You can send the form now.',
  },

  forgot: {
    heading: 'Forgotten your password?',
    intro: 'Enter your user name or e-mail. If there is an account, we send a link to set a new password.',
    submit: 'Send the link',
    sentHeading: 'Look in your mail',
    sent: 'If there is an account with this name or address, a mail is on its way to it. The link in it works once, and not for long.',
    sentMissing:
      'Nothing there after a few minutes? Look in the spam folder. An account gets only a few such mails an hour.',
    remembered: 'Back to signing in',
  },

  reset: {
    heading: 'Set a new password',
    intro: 'When it is set, every device and browser that is signed in must sign in again.',
    submit: 'Set the password',
    doneHeading: 'Your new password is set',
    done: 'All devices and browsers were signed out. Sign in again with the new password.',
    spent: 'If you still need a new password, ask for another link.',
    again: 'Ask for a new link',
  },

  unlock: {
    heading: 'Open sign-in again',
    intro: (userName: string): string =>
      `Somebody typed many wrong passwords for ${userName}, so signing in from new places was stopped. Press the button to allow it again.`,
    care: 'Your account was safe all the time. If your password is short or used elsewhere, set a new one.',
    submit: 'Allow signing in',
    doneHeading: 'You can sign in again',
    done: 'Signing in works from everywhere now, with the right password.',
    spent: 'If you still cannot sign in, set a new password: that opens it as well.',
  },

  newAddress: {
    heading: 'Confirm your new address',
    intro: (email: string): string => `Your account moves to ${email}.`,
    care: 'All devices and browsers will be signed out; sign in again with your password. You did not ask for this? Then close this page.',
    submit: 'Use this address',
    doneHeading: 'Your address is changed',
    done: 'All devices and browsers were signed out. Sign in again with the new address or your user name.',
    spent: 'If your address was not changed, ask for the change once more on your profile.',
  },

  oldAddress: {
    heading: 'Take your account back',
    intro: (email: string): string =>
      `Somebody asked to move your account to another address. The button stops that, and puts your account back to ${email}.`,
    care: 'All devices and browsers will be signed out, and the password stops working. We send you a link to set a new one.',
    submit: 'That was not me: undo it',
    doneHeading: 'Your account is yours again',
    done: 'All devices and browsers were signed out, and the password stopped working.',
    doneNext: 'Look in your mail for the link to set a new password.',
    spent: 'If you still cannot get into your account, ask whoever runs this Signpost.',
  },

  setup: {
    heading: 'Set up this Signpost',
    intro: 'This makes the account of the operator, who runs this broker. The link works once.',
    userNameHint: "Letters, digits and - _ ' . may be used.",
    emailHint: 'Mails about your account go there.',
    submit: 'Create the account',
    doneHeading: 'This Signpost is yours',
    done: (userName: string): string => `The operator account ${userName} is ready. Sign in with it.`,
    spent:
      'It works once, for 30 minutes, and only while there is no operator. Restart the broker to get a new link: it is in the log.',
  },

  resend: {
    text: 'If your account still waits for it, we send you a new link.',
    submit: 'Send a new link',
    sentHeading: 'Look in your mail',
    sent: 'If a sign-up with this address waits to be confirmed, a mail with a new link is on its way. Older links do not work any more.',
    sentMissing:
      'Nothing there after a few minutes? Look in the spam folder. An account gets only a few such mails an hour.',
  },

  toSignIn: 'Sign in',
};

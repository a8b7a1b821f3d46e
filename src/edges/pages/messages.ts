import { gettingIn } from './messages-getting-in.js';
import { letting } from './messages-letting-in.js';
import { signedIn } from './messages-signed-in.js';
import { span } from './time-spans.js';

/** Everything people read on a page, in English. Another language is another object of the type `Messages`. */
export const english = {
  language: 'en',
  brand: 'Signpost',
  skip: 'Skip to the content',
  footer: 'Signpost only points the way. What you watch never passes through it.',
  title: (heading: string): string => `${heading} · Signpost`,
  /** Read out first, so that nobody has to find out that the form came back. */
  titleWithProblem: (heading: string): string => `Please check: ${heading} · Signpost`,

  fields: {
    ...gettingIn.fields,
    ...signedIn.fields,
    userName: 'User name',
    email: 'E-mail address',
    password: 'Password',
    identifier: 'User name or e-mail',
    pin: 'PIN',
  },

  /** Above a form that came back, and beside its fields. */
  problems: {
    ...gettingIn.problems,
    ...signedIn.problems,
    heading: 'That did not work yet',
    userName: "Use 1 to 32 letters (a to z), digits and - _ ' . only, with a letter or digit at both ends.",
    email: 'Enter an e-mail address such as name@example.org.',
    password: 'This password cannot be used. Choose another one.',
    newPassword: 'This password cannot be used. Choose another one.',
    'user-name-taken': 'This user name is taken. Choose another one.',
    'wrong-credentials': 'The user name, e-mail or password is wrong.',
    'pin-unknown': 'This PIN is wrong, used or too old.',
    'server-linked-already': 'You already use a server that has the same id, so nothing was changed.',
    other: 'Something in the form is not right. Check it and try again.',
  },

  gettingIn,

  letting,

  signedIn,

  front: {
    heading: 'Your way to your servers',
    intro: [
      'With one Signpost account, your apps find every media server that you were invited to, wherever you are.',
      'Signpost tells them the way and nothing more: they connect to the server directly.',
    ],
    signUp: 'Sign up',
    signIn: 'Sign in',
    invited: 'You were invited to a server? Open the link in the mail that came to you.',
  },

  stop: {
    heading: 'No more invitations',
    intro: (email: string): string => `Shall ${email} get no more invitations from this Signpost?`,
    submit: 'Send no more',
    doneHeading: 'Noted',
    done: (email: string): string =>
      `No more invitations go to ${email}. Mails about an account of your own still do.`,
  },

  signIn: {
    heading: 'Sign in',
    stay: 'Stay signed in on this device',
    submit: 'Sign in',
    forgot: 'I have forgotten my password',
    noAccount: 'No account yet?',
    signUp: 'Sign up',
  },

  signUp: {
    heading: 'Sign up',
    intro: 'One account for all the media servers that you were invited to.',
    userNameHint: "The admins of your servers find you by it. Letters, digits and - _ ' . may be used.",
    emailHint: 'We send you a link to confirm it.',
    invited: (serverName: string, requester: string | null): string =>
      requester === null
        ? `You were invited to the server “${serverName}”.`
        : `${requester} invites you to the server “${serverName}”.`,
    invitedEmailHint: 'The invitation was sent to this address, so it cannot be changed here.',
    submit: 'Sign up',
    sentHeading: 'Look in your mail',
    sent: (email: string): string => `We have sent a mail to ${email}.`,
    sentNext: 'Open the link in it, on any device, to finish. The account starts when you do.',
    sentMissing:
      'Nothing there after a few minutes? Look in the spam folder, or have it sent once more. Was the address mistyped? Then sign up again.',
    sendAgain: 'Send the mail again',
    readyHeading: 'Your account is ready',
    ready: 'You can sign in with it now, here and in your apps.',
    readyNext: (userName: string): string =>
      `Tell the admin of the server your user name, ${userName}: you have to be added there once more before you see the server.`,
    closedHeading: 'No new accounts here',
    closed: {
      invite:
        'This Signpost takes new accounts by invitation only. Ask the admin of your media server to invite you by e-mail.',
      closed: 'This Signpost does not take new accounts at the moment. Ask whoever runs it.',
    },
  },

  confirm: {
    heading: 'Confirm your address',
    intro: 'Enter the password that you chose when you signed up. It shows that the account is yours.',
    notYours:
      'You did not sign up? Then close this page: without the password the account stays shut and is deleted.',
    wrongPassword: 'This is not the password of this account.',
    submit: 'Confirm',
    doneHeading: 'Welcome to Signpost',
    done: (userName: string): string => `Your address is confirmed, and the account ${userName} is ready.`,
    doneNext:
      'Give your user name to the admin of your media server, and sign in with it here and in your apps.',
  },

  invitation: {
    heading: 'Use this server?',
    intro: (requester: string | null): string =>
      requester === null
        ? 'The admin of a media server would like you to use it.'
        : `${requester} would like you to use a media server.`,
    server: 'Server',
    host: 'Host',
    fingerprint: 'Fingerprint',
    requester: 'Asked by',
    linked: 'If you accept, Signpost is linked to the account that you already have on this server.',
    guest:
      'If you accept, a guest account is made for you on this server. It goes when you leave the server.',
    care: 'Anybody can give a server any name. If you are not sure, ask its admin whether these are right.',
    /** Where it claims to be a server that is used already. */
    twin: 'You already use a server with the same id. Either that one was set up anew, or somebody pretends to be it. Under Invitations you can compare the two and replace the old entry.',
    compare: 'Compare and replace…',
    accept: 'Accept',
    decline: 'Decline',
    acceptedHeading: 'You are in',
    accepted: (serverName: string): string =>
      `Your apps will show the server “${serverName}” the next time they look.`,
    declinedHeading: 'Declined',
    declined: (serverName: string): string =>
      `You will not see the server “${serverName}”. Its admin can ask again.`,
  },

  pin: {
    heading: 'Link a TV',
    intro: 'Type the PIN that your TV or other device shows.',
    hint: 'Eight letters. Small letters, spaces and dashes do not matter.',
    submit: 'Continue',
    passwordHeading: 'Your password first',
    passwordIntro:
      'Somebody is trying out PINs on this Signpost. Your account is not the reason, and nothing has happened to it: for some minutes, everybody who links a device gives the password first.',
    checkHeading: 'Is this your device?',
    checkIntro: (userName: string): string => `It will be signed in as ${userName}.`,
    app: 'App',
    device: 'Device',
    age: 'PIN made',
    network: 'Network',
    unnamed: 'not told',
    ago: (ms: number): string => `${span(ms / 1_000, Math.floor)} ago`,
    networks: {
      same: (): string => 'the same as yours',
      near: (network: string): string => `next to yours (${network})`,
      other: (network: string): string => `another one than yours (${network})`,
    },
    careHeading: 'Only for a device in front of you',
    care: 'Did somebody send you this PIN, by mail, chat or phone? Then stop: their device would get into your account.',
    careNetwork:
      'The device is on another network. That is usual if you use mobile data here; otherwise be careful.',
    confirm: 'Sign this device in',
    cancel: 'Send it away',
    declinedHeading: 'Sent away',
    declined: 'The device was not let in. If somebody sent you its PIN, they have nothing of yours.',
    stale:
      'This PIN is used or too old. If you have just pressed the button twice, look at your device: it may be signed in.',
    doneHeading: 'Done',
    done: 'Your device is signed in. It may take a few seconds to notice.',
    another: 'Link another device',
  },

  errors: {
    toFront: 'To the front page',
    toServers: 'To your servers',
    badRequest: {
      heading: 'That was not understood',
      text: 'The request was incomplete or malformed. Go back and try again.',
    },
    crossSite: {
      heading: 'Stopped for your safety',
      text: 'The form was sent from another site, so nothing was done. Open the page here and fill it in again.',
    },
    forbidden: { heading: 'Not possible', text: 'This cannot be done here.' },
    closed: {
      heading: 'No new accounts here',
      text: 'This Signpost takes no new accounts, or by invitation only. Ask the admin of your media server to invite you.',
    },
    notFound: {
      heading: 'There is nothing here',
      text: 'The address may be mistyped, or the page is gone.',
    },
    conflict: {
      heading: 'That does not fit',
      text: 'Something has changed meanwhile. Go back and try again.',
    },
    spent: {
      heading: 'This link does not work any more',
      text: 'It may be used already, too old, replaced by a newer one, or not copied whole. If you have used it, there is nothing more to do.',
    },
    goOn: 'Go on',
    confirmSpent: 'Or, after some days, sign up once more and take the newest mail.',
    formStale: {
      heading: 'That took too long',
      text: 'The page was open for too long, or your browser keeps no cookies for it. Nothing was done. Go back, reload the page and try again.',
    },
    invitationSpent: 'If not, ask the admin of the server to invite you again.',
    signUpAgain: 'Sign up',
    tooLarge: {
      heading: 'That was too much',
      text: 'More was sent than fits into this form. Shorten it and try again.',
    },
    wrongType: {
      heading: 'That was not understood',
      text: 'This page takes forms only. Open it in a browser and try again.',
    },
    tooMany: {
      heading: 'Too many tries',
      text: (seconds: number | undefined): string =>
        seconds === undefined
          ? 'Wait a few minutes, then try again.'
          : `Wait ${span(seconds, Math.ceil)}, then try again.`,
    },
    trouble: {
      heading: 'Signpost is in trouble',
      text: 'It is not your fault, and nothing is lost. Try again in a minute. Apps that know their servers keep working.',
    },
  },
};

/** The catalogue: its keys are typed, so a language that lacks a text does not compile. */
export type Messages = typeof english;

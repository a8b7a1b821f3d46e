/** What people read when an app or a site asks for their account, in English. */
export const letting = {
  /** By the name of the scope: what it gives, as the end of "It may". */
  scopes: {
    openid: 'know that it is you',
    profile: 'see your user name',
    email: 'see your e-mail address',
    'servers:read': 'see your servers and connect to them as you',
    'links:manage': 'accept and decline invitations, and leave servers',
    'sign-ins:manage': 'see what is signed in to your account, and sign it out',
    offline_access: 'do this while you are away, until you sign it out',
  },
  may: 'It may:',

  heading: (app: string): string => `Let ${app} in?`,
  introSite: (app: string, userName: string): string =>
    `The site ${app} would like to sign you in with your Signpost account, as ${userName}.`,
  introApp: (app: string, userName: string): string =>
    `An app that calls itself ${app} would like to use your Signpost account, as ${userName}.`,
  answerGoesTo: 'The answer goes to',
  thisMachine: 'an app on this machine',
  careHeading: 'Only if you have just started this',
  care: 'Did a link in a mail or chat bring you here? Then stop: somebody may be trying to get into your account. The site never learns your password.',
  allow: 'Let it in',
  deny: 'Do not let it in',

  proveHeading: 'Your password, once more',
  prove: (app: string): string => `${app} asks you to sign in again.`,
  proveSubmit: 'Continue',

  signOutHeading: 'Sign out?',
  signOutAsked: (site: string): string => `${site} asks to sign you out.`,
  signOutIntro: (userName: string): string => `You are signed in to Signpost as ${userName} in this browser.`,
  nobody: 'You are not signed in to Signpost in this browser.',
  signOut: 'Sign out of Signpost',
  stay: 'Stay signed in',
  goOn: 'Continue',
  signedOutHeading: 'Signed out',
  signedOut: 'You can close this page.',

  /** By the error code of the protocol. */
  errors: {
    invalid_client:
      'The app or site is not known here. Its owner may have to register it with this Signpost.',
    invalid_redirect_uri:
      'The app or site wants its answer sent to an address that was not registered for it. Nothing was sent.',
    session_changed: 'You have signed in as somebody else meanwhile. Start again in the app or site.',
    other: 'What the app or site has sent cannot be understood, or came too late. Start again there.',
  },
  errorHeading: 'That did not work',
};

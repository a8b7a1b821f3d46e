import { counted } from './time-spans.js';
import { historyWords } from './messages-history.js';
import { codes, lists } from './messages-lists.js';

/** Short, so that a date stays on one line of a phone. */
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** How long ago, to the hour: nobody needs to know it better, and it is not kept better (S-14). */
function ago(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours < 1) return 'less than an hour ago';
  if (hours < 24) return `${counted(hours, 'hour')} ago`;
  const days = Math.floor(hours / 24);
  return days < 60 ? `${counted(days, 'day')} ago` : `${counted(Math.floor(days / 30), 'month')} ago`;
}

function day(time: number): string {
  const date = new Date(time);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ''} ${date.getUTCFullYear()}`;
}

/** What signed-in people read, in English; a part of `messages.ts`. */
export const signedIn = {
  fields: {
    currentPassword: 'Your password',
    newEmail: 'New e-mail address',
    confirmation: 'Confirmation',
  },

  problems: {
    currentPassword: 'This is not your password.',
    confirmation: 'Type the word exactly as shown.',
    'user-name-differs': 'This is not your user name.',
    'link-unknown': 'This has been answered or withdrawn meanwhile.',
  },

  ago,
  day,
  /** Pages are made without knowing where on earth they are read. */
  moment: (time: number): string => `${day(time)}, ${new Date(time).toISOString().slice(11, 16)} UTC`,

  navigation: {
    label: 'Your pages',
    servers: 'Servers',
    invitations: 'Invitations',
    waiting: 'waiting',
    pin: 'Link a TV',
    devices: 'Devices',
    profile: 'Profile',
    signOut: 'Sign out',
  },

  copy: { label: 'Copy', done: 'Copied' },

  /** Short notices after an act, by the code in the address of the page. */
  done: {
    left: 'You have left the server.',
    accepted: 'Accepted. Your apps will show the server the next time they look.',
    declined: 'Declined. The server can ask again.',
    blocked: 'Blocked. This server cannot ask you again.',
    replaced: 'Replaced. Your apps will use the new entry from now on.',
    ended: 'Signed out there.',
    'others-ended': 'Everything else is signed out.',
    'findable-changed': 'Saved.',
    'password-changed': 'Your password is changed. Everything else that was signed in is signed out.',
    'address-asked':
      'If the new address can be used, a mail is on its way to it. Open the link in it within a day; until then your old address stays. A mail has gone to the old one as well.',
  },

  servers: {
    heading: 'Your servers',
    heard: (ms: number): string => `Last heard from ${ago(ms)}`,
    silent: 'It may be switched off, or without Internet.',
    linked: 'With your own account there',
    guest: 'As a guest',
    addresses: 'Addresses',
    local: 'At home',
    remote: 'From anywhere',
    best: 'best for you now',
    open: 'Open',
    code: 'QR code',
    codeOf: (url: string): string => `QR code of ${url}`,
    leave: 'Leave',
    emptyHeading: 'No server yet',
    empty:
      'Servers are added by the people who run them. Ask the admin of yours to link you, and give them your user name:',
    emptyNext: 'You then get a mail, and find the question under Invitations.',
  },

  lists,

  codes,

  leave: {
    heading: (server: string): string => `Leave ${server}?`,
    intro: 'It disappears from all your apps. To come back, its admin has to add you again.',
    linked: 'Your own account on the server stays as it is; it is only not linked to Signpost any more.',
    guestHeading: 'Your guest account there will be deleted',
    guest:
      'The server made it for you, and only for as long as you are linked. When you leave, it deletes the account with everything in it: what you have watched, where you stopped, favourites and playlists. Nobody can bring that back.',
    confirmHint: (word: string): string => `Type the word “${word}” to show that you mean it.`,
    submit: 'Leave the server',
    keep: 'Stay',
  },

  invitations: {
    heading: 'Invitations',
    empty: 'No invitation is waiting.',
    emptyNext: 'When a server asks for you, you get a mail and find it here.',
    /** Below the name of the server. */
    asks: (requester: string | null): string => `${requester ?? 'Its admin'} would like you to use it.`,
    date: 'Asked on',
    linked: 'It will be linked to the account that you already have on this server.',
    guest: 'A guest account will be made for you on this server. It goes when you leave the server.',
    care: 'Anybody can give a server any name. If you are not sure, ask its admin whether host and fingerprint are right.',
    again:
      'You use this server already, but it now says that it is another installation than before. Your apps do not see it until you accept again. If you decline, a guest account that you have there is deleted.',
    acceptServer: (server: string): string => `Accept ${server}`,
    declineServer: (server: string): string => `Decline ${server}`,
    block: 'Block this server',
    twinHeading: 'A reinstall or an impostor',
    twin: (known: string, host: string): string =>
      `It has the same id as “${known}” at ${host}, which you use already. Either that server was set up anew, or somebody pretends to be it. Ask its admin before you go on.`,
    compare: 'Replace the old entry…',
    blockHeading: (server: string): string => `Block ${server}?`,
    blockIntro:
      'The invitation goes, and this server cannot ask you again. A server that is set up anew can, because it counts as another one.',
    blockSubmit: 'Block',
    back: 'Back',
    replaceHeading: 'Replace the old entry?',
    replaceIntro:
      'Both servers say that they are the same one. Only one of them can be, and Signpost cannot know which.',
    oldEntry: 'The one that you use',
    newEntry: 'The one that asks',
    replaceCare:
      'Only go on if the admin has told you that the server was set up anew. An impostor would get what your apps send to it. The old entry ends at once; a guest account there is deleted.',
    replaceSubmit: 'Replace it',
  },

  devices: {
    heading: 'Devices',
    intro: 'Apps, sites and browsers that are signed in to your account. End whatever you do not know.',
    apps: 'Apps and sites',
    browsers: 'Browsers',
    noApps: 'No app is signed in.',
    unnamedApp: 'An app without a name',
    unnamedBrowser: 'A browser without a name',
    here: 'this browser',
    signedIn: (ms: number): string => `Signed in ${ago(ms)}`,
    used: (ms: number): string => `Last used ${ago(ms)}`,
    from: 'from',
    yourNetwork: 'your network',
    end: 'Sign out',
    endNamed: (name: string): string => `Sign out: ${name}`,
    endOthers: 'Sign out everywhere else',
    endOthersHeading: 'Sign out everywhere else?',
    endOthersIntro: 'Every app and every other browser has to sign in again. This browser stays signed in.',
  },

  profile: {
    heading: 'Profile',
    account: 'Account',
    userNameHint: 'Admins of servers find you by it.',
    change: 'Change',
    changeEmail: 'Change the e-mail address',
    changePassword: 'Change the password',
    passwordShown: 'Kept secret',
    findable: 'Who finds you',
    findableIntro:
      'Servers may look you up before they ask you. What is switched off looks to them as if you were not here.',
    findableByName: 'By user name',
    findableByEmail: 'By e-mail address',
    save: 'Save',
    more: 'Your records',
    history: 'Security events',
    historyHint: 'What happened to your account, and which servers looked you up',
    export: 'Take your data with you',
    exportHint: 'Everything that is kept about you, in one file',
    delete: 'Delete the account',
    deleteHint: 'For good, with all links and sign-ins',
  },

  emailChange: {
    heading: 'Change the e-mail address',
    intro: (email: string): string => `Now it is ${email}.`,
    next: 'The change counts once you have opened the link in the mail to the new address. Then everything is signed out, and you sign in again.',
    submit: 'Change the address',
  },

  passwordChange: {
    heading: 'Change the password',
    intro: 'Everything but this browser is signed out, and you get a mail about it.',
    hint: (min: number): string => `At least ${min} characters. A few words in a row are easy to remember.`,
    submit: 'Change the password',
  },

  export: {
    heading: 'Take your data with you',
    intro:
      'One file (JSON) with your account, devices, browsers, where you signed in lately, servers, invitations and security events. There is no password or key in it.',
    submit: 'Download',
  },

  deletion: {
    heading: 'Delete the account?',
    intro: 'At once and for good:',
    points: [
      'all your apps and browsers are signed out,',
      'your servers disappear from them,',
      'your user name, address and password are erased.',
    ],
    guestHeading: 'Your guest accounts will be deleted',
    guests:
      'These servers made a guest account for you. They delete it with everything in it: what you have watched, favourites and playlists.',
    linked: 'Accounts that you have yourself on a server stay there.',
    nameHint: 'Type it to show that you mean it.',
    submit: 'Delete the account',
    keep: 'Keep it',
    doneHeading: 'Your account is deleted',
    done: 'You are signed out everywhere. Thank you for having been here.',
  },

  history: historyWords,
};

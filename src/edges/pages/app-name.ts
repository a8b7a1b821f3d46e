/** How an app names itself on the wire, `Theater/3.0`, taken apart for people; `version` is '' where it says none. */
export function appName(app: string): { readonly name: string; readonly version: string } {
  const slash = app.lastIndexOf('/');
  const version = app.slice(slash + 1);
  if (slash < 1 || !/^v?\d[\w.+-]*$/.test(version)) return { name: app, version: '' };
  return { name: app.slice(0, slash), version };
}

/** The same in one line. */
export function appLabel(app: string): string {
  const { name, version } = appName(app);
  return version === '' ? name : `${name} ${version}`;
}

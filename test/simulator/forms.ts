/** Names and values in the order in which they go over the wire. */
export type Fields = Readonly<Record<string, string>>;

/** The media server's body: joined without any escaping, whatever the values hold (Q1). */
export function rawForm(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** The JS client's body and query: both halves escaped, a space as `%20`. */
export function escapedForm(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

/** `WebUtility.UrlEncode` of .NET: letters, digits and `-_.!*()` stay, a space is `+`, else upper-case `%XX` of UTF-8. */
export function netUrlEncode(value: string): string {
  return encodeURIComponent(value).replace(/%20/g, '+').replace(/~/g, '%7E').replace(/'/g, '%27');
}

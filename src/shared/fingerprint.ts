/** Enough to compare by eye and by phone (W10). */
const LENGTH = 8;

/** The first characters of a media server's own id, to compare with what its admin sees (W10). */
export function fingerprintOf(systemId: string): string {
  return systemId.replace(/[^0-9A-Za-z]/g, '').slice(0, LENGTH);
}

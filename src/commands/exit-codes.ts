/** sysexits.h: how a command ends. */
export const EXIT = { ok: 0, usage: 64, refused: 65, unavailable: 69, config: 78 } as const;

/** Wrong arguments: what is wrong, and how it is right. */
export class UsageError extends Error {}

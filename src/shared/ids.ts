declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** An account: a random positive integer up to 2^53-1, as a decimal string; never reused (product rule 7). */
export type AccountId = Branded<'AccountId'>;
/** A registered server: 32 lower-case hex digits. */
export type ServerId = Branded<'ServerId'>;
/** A link between an account and a server: 32 lower-case hex digits. */
export type LinkId = Branded<'LinkId'>;
/** A signed-in device (its token's id, not the token): 32 lower-case hex digits. */
export type DeviceId = Branded<'DeviceId'>;

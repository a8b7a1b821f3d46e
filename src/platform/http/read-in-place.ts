import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';

/** As much as Node reads at once by itself. */
const ROOM_BYTES = 65_536;
/** Of all connections: what is in it is dealt with before the next piece is read. */
const room = Buffer.allocUnsafeSlow(ROOM_BYTES);

/** Under which names a socket keeps what `onread` of `net.connect` says. A server has no such option for those it accepts. */
const names = namesOf(room);

/** What of a socket's inside is needed. */
type Inside = Socket & {
  readonly _handle?: { useUserBuffer?(room: Uint8Array): void } | null;
} & Record<symbol, unknown>;

/**
 * Has what arrives on a connection read into the same memory each time, instead of some that is made for it and must be
 * collected, which costs a thirtieth of a list that is remembered (P-1). Where this Node keeps what it takes somewhere else, nothing is
 * changed: pieces go to `push` then.
 *
 * @param take is given each piece, which is gone once it returns; says whether more may come now, as `push` does
 * @returns whether it does
 */
export function readInPlace(socket: Socket, take: (piece: Buffer) => boolean): boolean {
  const inside = socket as Inside;
  if (names === null || typeof inside._handle?.useUserBuffer !== 'function') return false;
  inside[names.room] = room;
  inside[names.callback] = (length: number) => take(room.subarray(0, length));
  inside._handle.useUserBuffer(room);
  return true;
}

function namesOf(buffer: Buffer): { room: symbol; callback: symbol } | null {
  const options: SocketConstructorOpts & { onread: OnReadOpts } = {
    onread: { buffer, callback: () => true },
  };
  const socket = new Socket(options);
  const symbols = Object.getOwnPropertySymbols(socket);
  const named = (name: string): symbol | undefined => symbols.find(({ description }) => description === name);
  const [own, callback] = [named('kBuffer'), named('kBufferCb')];
  const isKnown = own !== undefined && callback !== undefined && (socket as Inside)[own] === buffer;
  return isKnown ? { room: own, callback } : null;
}

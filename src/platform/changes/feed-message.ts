import { z } from 'zod';

/** What one node tells the others; `last` is the number of the last change that it has told. */
const message = z.union([
  z.object({
    from: z.int(),
    last: z.int(),
    change: z.object({
      topic: z.enum(['account', 'server']),
      id: z.string(),
      heardAt: z.int().optional(),
    }),
  }),
  z.object({
    from: z.int(),
    last: z.int(),
    /** Counts on with every beat. */
    beat: z.int(),
    /** For so many milliseconds nobody should remember anything. */
    doubtMs: z.number(),
    /** Which beats of the others it had heard before the oldest commit that is under way was sent, by node. */
    heard: z.record(z.string(), z.int()),
    /** Which life of which database it works in; not told by versions before, and where nothing says it. */
    epoch: z.object({ system: z.string(), timeline: z.int() }).optional(),
  }),
  z.object({ from: z.int(), last: z.int(), farewell: z.literal(true) }),
]);

export type FeedMessage = z.infer<typeof message>;
export type Beat = Extract<FeedMessage, { beat: number }>;

/** Null for anything else that somebody published on the channel. */
export function readMessage(text: string): FeedMessage | null {
  try {
    return message.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** A part of a long list: pages stay small, however much somebody has. */
export interface Part<T> {
  readonly items: readonly T[];
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  /** Number of the first item of this part in the whole, from 1; 0 if there is none. */
  readonly first: number;
  readonly total: number;
}

/** @param wanted number of the part, as it stands in an address; what makes no sense is the nearest that does */
export function partOf<T>(all: readonly T[], wanted: string, size: number): Part<T> {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const page = Math.min(Math.max(1, /^\d{1,6}$/.test(wanted) ? Number(wanted) : 1), pages);
  const start = (page - 1) * size;
  const items = all.slice(start, start + size);
  return { items, page, pages, first: items.length === 0 ? 0 : start + 1, total: all.length };
}

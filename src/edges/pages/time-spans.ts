export const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** Whole seconds, minutes or hours; `round` up for waiting, down for what is past. */
export function span(seconds: number, round: (value: number) => number): string {
  if (seconds < 60) return counted(Math.max(1, round(seconds)), 'second');
  // Up to two hours, so that 61 minutes are not called two hours.
  if (seconds < 7_200) return counted(round(seconds / 60), 'minute');
  return counted(round(seconds / 3_600), 'hour');
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

interface Asset {
  readonly contentType: string;
  readonly bytes: Buffer;
}

const SCRIPT = 'text/javascript; charset=utf-8';

const byName = new Map<string, Asset>();

/** Read once at start. The name holds a hash of the content, so that browsers may keep it for ever. @returns its path */
function asset(file: string, contentType: string): string {
  const bytes = readFileSync(new URL(`./assets/${file}`, import.meta.url));
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const name = file.replace('.', `.${hash}.`);
  byName.set(name, { contentType, bytes });
  return `/assets/${name}`;
}

export const stylesheet = asset('site.css', 'text/css; charset=utf-8');
export const mark = asset('mark.svg', 'image/svg+xml; charset=utf-8');
export const copyScript = asset('copy.js', SCRIPT);
export const passwordScript = asset('password.js', SCRIPT);
export const antiRobotScript = asset('anti-robot.js', SCRIPT);
export const antiRobotWorker = asset('anti-robot-worker.js', SCRIPT);

export function findAsset(name: string): Asset | null {
  return byName.get(name) ?? null;
}

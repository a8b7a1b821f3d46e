/** `npm run build`: compiles src to dist, whether dist is stale or not; `npm start` does so only when it is. */
import { build } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { perform } from './lib/say.mjs';

await perform(async () => {
  await ensureInstalled();
  await build();
  return 0;
});

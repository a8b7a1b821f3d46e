/** The image alone, as the first lines of the Containerfile say. */
import { askPort } from './ask.mjs';
import { expect, podman, until, within } from './podman.mjs';

/** Of the container and of its volume, which the compose file's key ring is taken from. */
export const ALONE = 'signpost-alone';
const PORT = 8095;

const RIGHTS = ['--read-only', '--cap-drop=all', '--security-opt=no-new-privileges', '-v', `${ALONE}:/data`];
const SETTINGS = ['-e', 'PUBLIC_URL=https://signpost.example.org', '-e', 'TRUST_PROXY=10.88.0.0/16'];

export async function image() {
  const port = ['-p', `127.0.0.1:${PORT}:${PORT}`];
  await podman('run', '-d', '--name', ALONE, ...RIGHTS, ...SETTINGS, ...port, 'signpost');
  await until(
    'the container is ready',
    async () => (await askPort(PORT, '/health/ready')).status === 200,
    () => podman('logs', ALONE),
  );
  const front = await askPort(PORT, '/');
  expect(front.status === 200 && front.text.startsWith('<!doctype html>'), 'the front page is a page');
  await hasNoRights();
  // HEALTHCHECK: an image without one is refused here.
  await podman('healthcheck', 'run', ALONE);
  await podman('stop', '-t', '60', ALONE);
  const code = await podman('inspect', '--format', '{{.State.ExitCode}}', ALONE);
  expect(code === '0', `SIGTERM ends it with 0, not ${code}`);
  // The volume is what stays: a second container goes on with it.
  await podman('rm', ALONE);
  await podman('run', '--rm', ...RIGHTS, ...SETTINGS, 'signpost', 'backup', '/data/again.backup');
  return 'ready, front page, user 1000, no capabilities, read-only root, HEALTHCHECK, SIGTERM → 0, a backup of the volume';
}

async function hasNoRights() {
  const status = await within(ALONE, 'cat', '/proc/1/status');
  expect(/^Uid:\s+1000\s/m.test(status), 'the first process is user 1000');
  expect(/^CapBnd:\s+0+$/m.test(status), 'it has no capabilities');
  expect(/^NoNewPrivs:\s+1$/m.test(status), 'it gets no rights');
  const command = await within(ALONE, 'cat', '/proc/1/cmdline');
  expect(command.startsWith('node\0dist/cli.js\0serve'), 'the first process is Node');
  const made = await within(ALONE, 'sh', '-c', 'touch /anywhere 2>&1; stat -c "%a %u" /data; ls /data');
  expect(made.includes('Read-only file system'), 'nothing but /data can be written');
  expect(/^700 1000$/m.test(made), '/data is for user 1000 only');
  expect(/^keyring\.json$/m.test(made) && /^signpost\.sqlite$/m.test(made), '/data has the database');
}

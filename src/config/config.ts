import { join } from 'node:path';
import { isLoopbackHost } from './loopback.js';
import type { SettingValues } from './settings.js';

/** The settings as everybody else sees them: typed, valid, with what follows from them filled in. */
type ConfigValues = Omit<SettingValues, 'publicUrl' | 'keyRingFile'> & {
  /** Origin of mails and pages, without a trailing slash. */
  readonly publicUrl: string;
  readonly keyRingFile: string;
  /** Nobody but this machine can reach the public listener, though a proxy here may bring others in. */
  readonly loopbackOnly: boolean;
};

const Values = Object as unknown as abstract new () => ConfigValues;

/** Injection token and type at once; made by `loadConfig` only. */
export abstract class Config extends Values {}

/** The same settings on another port; a PUBLIC_URL that was not set follows it. */
export function withPort(config: Config, port: number): Config {
  const isDefault = config.publicUrl === defaultPublicUrl(config.port);
  return Object.assign({}, config, {
    port,
    publicUrl: isDefault ? defaultPublicUrl(port) : config.publicUrl,
  });
}

function defaultPublicUrl(port: number): string {
  return `http://localhost:${port}`;
}

/** Fills in what follows from other settings. */
export function completeConfig(values: SettingValues): Config {
  const publicUrl =
    values.publicUrl === '' ? defaultPublicUrl(values.port) : new URL(values.publicUrl).origin;
  const config: ConfigValues = {
    ...values,
    nodes: values.redisUrl === undefined ? 1 : values.nodes,
    publicUrl,
    keyRingFile: values.keyRingFile === '' ? join(values.dataDir, 'keyring.json') : values.keyRingFile,
    loopbackOnly: isLoopbackHost(values.host),
  };
  return config;
}

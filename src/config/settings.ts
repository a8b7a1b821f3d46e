import type { Setting } from './setting.js';
import { antiRobot } from './settings/anti-robot.js';
import { api } from './settings/api.js';
import { apps } from './settings/apps.js';
import { limits } from './settings/limits.js';
import { accounts, links } from './settings/people.js';
import { backups, listening, mail, speed, storage } from './settings/process.js';

/** The settings by section, in the order of `.env.example`. */
export const sections = {
  'Where the broker listens': listening,
  'Where it keeps what it must not lose': storage,
  'Backup and restore': backups,
  Speed: speed,
  Mail: mail,
  'Accounts and devices': accounts,
  'Apps and sites': apps,
  'Servers, links and PINs': links,
  'Keeping robots out': antiRobot,
  'Sizes and limits': limits,
  'The native API': api,
};

/** Every setting there is: the one list behind the Config, `.env.example` and the messages. */
export const settings = {
  ...listening,
  ...storage,
  ...backups,
  ...speed,
  ...mail,
  ...accounts,
  ...apps,
  ...links,
  ...antiRobot,
  ...limits,
  ...api,
};

type Settings = typeof settings;

/** Every setting, typed and valid. Lifetimes are milliseconds. */
export type SettingValues = {
  readonly [Key in keyof Settings]: Settings[Key] extends Setting<infer Value> ? Value : never;
};

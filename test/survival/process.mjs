/** What a process takes, as the kernel counts it. */
import { readdirSync, readFileSync } from 'node:fs';

/** @param {number} pid @returns {number} seconds of processor time */
export function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** @param {number} pid @returns {number} memory that is resident, in MB */
export const residentMbOf = (pid) => megabytesOf(pid, 'VmRSS');

/** @param {number} pid @returns {number} the most that was ever resident, in MB */
export const mostResidentMbOf = (pid) => megabytesOf(pid, 'VmHWM');

/** @param {number} pid @param {'VmRSS' | 'VmHWM'} name */
function megabytesOf(pid, name) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1_024;
}

/** @param {number} pid @returns {number} open files and connections */
export const filesOf = (pid) => readdirSync(`/proc/${pid}/fd`).length;

/** @param {number} core @returns {number} seconds for which it had nothing to do, since the machine started */
export function idleOf(core) {
  const line = new RegExp(`^cpu${core} .*$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[0] ?? '';
  const fields = line.split(' ');
  return (Number(fields[4]) + Number(fields[5])) / 100;
}

import { afterEach, describe, expect, it, test } from '@jest/globals';
import fs, { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QueryFailedError } from 'typeorm';
import { DomainError } from '../../shared/domain-error.js';
import { createLog, outputTo, type Log } from './log.js';
import { NestLog } from './nest-log.js';

function recorded(level = 'info'): { log: Log; text: () => string; line: () => Record<string, unknown> } {
  let text = '';
  const log = createLog(level, { write: (line) => (text += line) });
  return { log, text: () => text, line: () => JSON.parse(text) as Record<string, unknown> };
}

test('a line is JSON with its level by name and its time in ISO 8601', () => {
  const { log, line, text } = recorded();
  log.info({ requestId: 'r1' }, 'request');
  expect(line()).toMatchObject({ level: 'info', msg: 'request', requestId: 'r1' });
  expect(line()['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(text()).toMatch(/^[^\n]+\n$/);
});

test('less important lines than LOG_LEVEL are not written', () => {
  const { log, text } = recorded('warn');
  log.info({}, 'no');
  log.debug({}, 'no');
  log.warn({}, 'yes');
  expect(text()).toContain('yes');
  expect(text()).not.toContain('"no"');
});

test('no character of a value can end the line, move a cursor or turn the direction of reading (S-133)', () => {
  const lively = [...Array(0x20).keys(), 0x7f, 0x85, 0x9b, 0x2028, 0x2029, 0x202e, 0x2066];
  const value = lively.map((code) => String.fromCharCode(code)).join('');
  const { log, line, text } = recorded();
  log.warn({ value, [`key${value}`]: 1 }, `message${value}`);
  const written = lively.filter((code) => text().slice(0, -1).includes(String.fromCharCode(code)));
  expect(written).toEqual([]);
  expect(line()).toMatchObject({ value, msg: `message${value}`, [`key${value}`]: 1 });
});

test('of an error no parameters, queries or drivers’ details are written, however deep it lies (S-53)', () => {
  const driver = Object.assign(new Error('duplicate key'), {
    code: '23505',
    detail: 'Key (email)=(hunter2) exists',
  });
  const failed = new QueryFailedError('INSERT INTO t VALUES ($1) -- hunter2', ['hunter2'], driver);
  const wrapped = new DomainError('unavailable', 'x', 'The database is busy.', { cause: failed });
  const { log, line, text } = recorded();
  log.error({ error: wrapped }, 'request failed');
  expect(line()['error']).toMatchObject({
    name: 'DomainError',
    code: 'x',
    cause: {
      name: 'QueryFailedError',
      code: '23505',
      message: expect.stringContaining('duplicate key') as unknown,
    },
  });
  log.error(failed, 'given in place of fields');
  log.error({ err: failed }, 'under the name that others use');
  new NestLog(log).error(failed, failed.stack);
  expect(text()).not.toContain('hunter2');
});

test('what is thrown and is no error is written as text', () => {
  const { log, line } = recorded();
  log.error({ error: 'just words' }, 'request failed');
  expect(line()['error']).toEqual({ message: 'just words' });
});

describe('a log on a disk that is full (R-15)', () => {
  const { writeSync } = fs;
  afterEach(() => {
    fs.writeSync = writeSync;
  });
  const full = (): never => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };

  /** So many lines while there is no room, and one when there is: what is in the file then. */
  function written(lines: number): string[] {
    const folder = mkdtempSync(join(tmpdir(), 'signpost-log-'));
    const path = join(folder, 'log');
    const file = openSync(path, 'w');
    const log = createLog('info', outputTo(file));
    fs.writeSync = full;
    for (let line = 0; line < lines; line += 1) log.info({}, `line ${line}`);
    fs.writeSync = writeSync;
    log.info({}, 'there is room');
    closeSync(file);
    const text = readFileSync(path, 'utf8');
    rmSync(folder, { recursive: true });
    return text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
  }

  it('writes what could not be written when there is room again', () => {
    expect(written(3)).toEqual(['line 0', 'line 1', 'line 2', 'there is room']);
  });

  it('keeps 64 KiB at most, the first that came, and goes on', () => {
    const kept = written(5_000);
    expect(kept[0]).toBe('line 0');
    expect(kept.length).toBeLessThan(2_000);
  });
});

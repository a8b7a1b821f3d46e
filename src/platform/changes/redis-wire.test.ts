import { expect, test } from '@jest/globals';
import { RecordingLog } from '../../../test/support/recording-log.js';
import { RedisAway } from '../redis/redis-away.js';
import { redisWire } from './redis-wire.js';

test('a Redis that is away is nobody’s mistake; what else goes wrong in publishing is told, once until it works again (R-24)', async () => {
  const log = new RecordingLog();
  let trouble: Error | undefined;
  const ask = <T>(): Promise<T> => (trouble ? Promise.reject(trouble) : Promise.resolve(1 as T));
  const wire = redisWire({ ask, listen: () => undefined }, log, 'postgres://host/broker');
  const sendTwice = async (given?: Error): Promise<number> => {
    trouble = given;
    for (const message of ['a change', 'a beat']) await wire.send(message);
    return log.lines.length;
  };
  const mistake = new Error('NOPERM this user has no permissions to access the channel');
  expect(await sendTwice(new RedisAway())).toBe(0);
  expect(await sendTwice(mistake)).toBe(1);
  expect(await sendTwice(new RedisAway())).toBe(1);
  expect(await sendTwice()).toBe(1);
  expect(await sendTwice(mistake)).toBe(2);
  expect(log.lines.map(({ message }) => message)).toEqual(
    Array(2).fill('changes cannot be told to the other nodes'),
  );
});

import { expect, it, vi } from 'vitest';
import { type Service, silentLog } from '../index.js';
import { again, warmUp } from './warm-up.js';

const service = (name: string, warm?: (forMs: number) => Promise<void>): Service => ({
  name,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  ...(warm && { warmUp: warm }),
});

it('those that can warm up share the time, one after the other', async () => {
  const told: [string, number][] = [];
  const note = (name: string) => async (forMs: number) => {
    await Promise.resolve();
    told.push([name, forMs]);
  };
  await warmUp([service('bus'), service('edge', note('edge')), service('upstream', note('upstream'))], 200, silentLog);
  expect(told).toEqual([
    ['edge', 100],
    ['upstream', 100],
  ]);
  await warmUp([service('edge', note('edge'))], 0, silentLog);
  expect(told).toHaveLength(2);
});

it.each([
  ['rejects', () => Promise.reject(new Error('no frame'))],
  [
    'throws',
    () => {
      throw new Error('no frame');
    },
  ],
])('one that %s is told to operators, and keeps nobody else from warming up', async (_, fail) => {
  const warn = vi.fn<typeof silentLog.warn>();
  const warmed: string[] = [];
  const next = service('edge', () => Promise.resolve(void warmed.push('edge')));
  await warmUp([service('upstream', fail), next], 2, { ...silentLog, warn });
  expect(warmed).toEqual(['edge']);
  expect(warn.mock.calls).toEqual([
    [expect.objectContaining({ code: 'process.not-warm', service: 'upstream' }), expect.any(String)],
  ]);
});

it('the loop turns while something is done again and again', async () => {
  const counts: number[] = [];
  const seen: number[] = [];
  const look = (): void => {
    seen.push(counts.length);
    if (seen.length < 2) setImmediate(look);
  };
  setImmediate(look);
  const untilSeen = again(60_000, (count) => {
    counts.push(count);
    if (seen.length === 2) throw new Error('seen twice');
  });
  await expect(untilSeen).rejects.toThrow('seen twice');
  expect(counts.slice(0, 3)).toEqual([1, 2, 3]);
  expect([seen.length, seen.every((count) => count < counts.length)]).toEqual([2, true]);
});

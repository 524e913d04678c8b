import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RedisBus } from '#libs/bus';
import type { Cancel } from '#libs/core';
import { systemClock as clock } from '#libs/runtime';
import { HandUpstream } from '../support/hand-upstream.js';
import { type TestRedis, startRedis } from '../support/start-redis.js';
import { until } from '../support/until.js';

const TRADE = 'btcusdt@trade';
const PATIENT = { deadlineMs: 20_000 };

/** Where a program is not there, nobody can try its example. */
function isThere(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write(`${program} is not here: its example is not tried\n`);
    return false;
  }
}

const wholeTrade = (id: number) =>
  ({ type: 'trade', symbol: 'BTCUSDT', id, price: '1', quantity: '1', taker: 'buy', tradedAt: 1, eventAt: 1 }) as const;

describe.each([
  ['node', process.execPath, ['examples/redis-reader.mjs'], (port: number) => `redis://127.0.0.1:${port}`],
  ['python3', 'python3', ['examples/redis_reader.py'], (port: number) => `127.0.0.1:${port}`],
] as const)('a service that reads Redis itself, as the example for %s does', (name, program, script, addressOf) => {
  const isSkipped = name !== 'node' && !isThere(name);
  let redis: TestRedis;
  let far: RedisBus;
  let upstream: HandUpstream;
  let reader: ChildProcess;
  let out = '';
  let complaints = '';
  let id = 0;
  let endLoad: Cancel;

  beforeEach(async () => {
    if (isSkipped) return;
    [out, complaints, id] = ['', '', 0];
    redis = await startRedis();
    far = new RedisBus({ redisUrl: redis.url, queueBytes: 1_000_000 });
    await far.start();
    await until(() => far.messages.state === 'up');
    upstream = new HandUpstream(far, { keeps: true }).start();
    reader = spawn(program, [...script, addressOf(redis.port), TRADE], { stdio: ['ignore', 'pipe', 'pipe'] });
    reader.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    reader.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    await until(() => upstream.demands.some(({ streams }) => streams.includes(TRADE)), PATIENT);
    load();
  });
  afterEach(async () => {
    if (isSkipped) return;
    endLoad();
    upstream.stop();
    const gone = once(reader, 'exit');
    reader.kill('SIGKILL');
    await gone;
    await far.stop();
    await redis.stop();
  });

  const publish = (): void => void upstream.publish(TRADE, wholeTrade((id += 1)));
  const load = (): void => {
    publish();
    endLoad = clock.after(2, load);
  };
  const read = (): Record<string, unknown>[] =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const ids = (): number[] => read().flatMap((event) => (typeof event['id'] === 'number' ? [event['id']] : []));
  const reached = (wanted: number) => until(() => (ids().at(-1) ?? 0) >= wanted, PATIENT);

  it.skipIf(isSkipped)(
    'misses no id and gets none twice, however often Redis is killed under load',
    async () => {
      await reached(50);
      for (let round = 0; round < 2; round += 1) {
        await redis.kill();
        const before = id;
        await until(() => id > before + 200, PATIENT);
        await redis.restart();
        await until(() => far.messages.state === 'up', PATIENT);
        await reached(id + 50);
      }
      const first = ids()[0] ?? 0;
      expect(ids()).toEqual(Array.from(ids(), (_, at) => first + at));
      expect(complaints).toBe('');
    },
    90_000,
  );

  it.skipIf(isSkipped)(
    'has the last message of a stream though nothing comes after it',
    async () => {
      await reached(20);
      endLoad();
      upstream.lose(TRADE, wholeTrade((id += 1)));
      await reached(id);
      expect(ids().slice(-2)).toEqual([id - 1, id]);
    },
    60_000,
  );

  it.skipIf(isSkipped)(
    'goes on in a new term that follows the place where it is, and says so where it does not',
    async () => {
      await reached(20);
      endLoad();
      await reached(id);
      const { epoch, seq } = read().at(-1) as { epoch: number; seq: number };
      upstream.stop();
      upstream = new HandUpstream(far, { epoch: 8, keeps: true });
      upstream.loseFeed(TRADE, 'live', 'resumed', { epoch, seq });
      upstream.lose(TRADE, wholeTrade((id += 1)));
      upstream.start();
      publish();
      await reached(id);
      expect(ids().slice(-3)).toEqual([id - 2, id - 1, id]);
      expect(complaints).toBe('');
      upstream.stop();
      upstream = new HandUpstream(far, { epoch: 9, keeps: true }).start();
      upstream.feed(TRADE, 'live', 'resumed');
      await until(() => complaints !== '', PATIENT);
      expect(complaints).toContain(TRADE);
    },
    60_000,
  );
});

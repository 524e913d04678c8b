import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { UpstreamSettings, silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { silentDial } from '#libs/link';
import { upstreamParts } from '../../../../test/support/upstream-parts.js';
import { Upstream } from '../upstream.js';

let clock: FakeClock;
let bus: MemoryBus;
let upstream: Upstream;
let lines: { code: string; count: number; why: string[] }[];

beforeEach(async () => {
  clock = new FakeClock();
  bus = new MemoryBus({ clock });
  lines = [];
  const log = { ...silentLog, warn: (fields: object) => void lines.push(fields as (typeof lines)[number]) };
  const parts = { ...upstreamParts(), market: spot, bus, clock, log, dial: silentDial([]) };
  upstream = new Upstream(Object.assign(new UpstreamSettings(), { symbolsEveryMs: 0 }), parts);
  await upstream.start();
});
afterEach(() => upstream.stop());

const demand = (text: string): void => bus.messages.publish(spot.channels.demand, text);

it('what a hundred edges demand in one moment is looked at once, and whoever asks meanwhile hears how it stands', async () => {
  const { pool } = upstream;
  const want = pool.want.bind(pool);
  let looks = 0;
  pool.want = (...all) => {
    looks += 1;
    want(...all);
  };
  for (let at = 0; at < 100; at += 1)
    demand(JSON.stringify({ edge: `e${at}`, streams: [`s${at}@trade`, 'btcusdt@trade'] }));
  const answers: unknown[] = [];
  const question = { streams: ['s99@trade'] };
  bus.ask.ask(spot.channels.welcome, question, 1_000, (answer) => answers.push(answer));
  expect(answers).toMatchObject([{ welcomes: [{ stream: 's99@trade' }] }]);
  await Promise.resolve();
  expect([looks, upstream.streams.wanted.size]).toEqual([1, 101]);
});

describe('junk on the channel of demands', () => {
  it.each<[what: string, code: string, junk: (at: number) => string]>([
    ['that is no demand', 'demand.refused', (at) => `{"edge":${at}}`],
    [
      'that names streams which do not exist',
      'demand.bad-streams',
      (at) => JSON.stringify({ edge: 'e', streams: [`x${at}`, `y${at}`] }),
    ],
  ])('%s makes a line at once and one in ten seconds afterwards, however much of it comes', (_, code, junk) => {
    for (let at = 0; at < 3_000; at += 1) {
      demand(junk(at));
      clock.advance(10);
    }
    const ours = lines.filter((line) => line.code === code);
    expect(ours.length).toBeGreaterThan(0);
    expect(ours.length).toBeLessThanOrEqual(3);
    expect(ours.every(({ why, count }) => why.length <= 5 && why.length <= count)).toBe(true);
  });

  it('says which names are wrong, of whom, and what they should be', () => {
    demand(JSON.stringify({ edge: 'ours', streams: ['btcusdt@trade', 'btcusdt@trad'] }));
    expect(lines).toMatchObject([
      { count: 1, why: [expect.stringMatching(/^edge ours: .*did you mean btcusdt@trade/)] },
    ]);
  });
});

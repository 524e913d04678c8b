import { beforeEach, describe, expect, it } from 'vitest';
import { streamOf } from '../../../../../test/support/series-rig.js';
import { PoolBench } from '../../pool/pool-bench.rig.js';
import { StandbyRepairer } from './standby-repairer.js';

const A = 'ausdt@trade';
const B = 'busdt@trade';

let leader: PoolBench;
let standby: PoolBench;

/** Time goes by for both. */
async function pass(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 100) {
    await standby.pass(100);
    await leader.pass(0);
  }
}

async function begin(hasStandby = true): Promise<void> {
  const options = { settings: { standby: true } };
  leader = await PoolBench.start(options);
  await leader.want(A, B);
  await leader.pass(3_000);
  for (const stream of [A, B]) leader.wire(0).trade(stream, 1);
  standby = leader;
  if (!hasStandby) return;
  const { clock, bus } = leader;
  standby = await PoolBench.start({ ...options, clock, bus });
  await standby.want(A, B);
  await standby.pass(3_000);
  for (const one of [leader, standby]) one.wire(0).trade(B, 2);
  await pass(100);
  for (const stream of [A, B]) leader.heard(stream);
}

const brings = (bench: PoolBench, ...ids: number[]): void => ids.forEach((id) => bench.wires.at(-1)?.trade(A, id));

const closed = (): unknown => Reflect.get(Object(leader.parts.ops.readStatus()['holes']), 'closed');

describe('what the lines of an upstream lack, and those of another one have that stands by', () => {
  beforeEach(() => begin());

  it('is had from that one, and it is written down by whom', async () => {
    brings(standby, 2, 3, 4, 5, 6);
    brings(leader, 2, 6);
    await pass(100);
    brings(leader, 7);
    expect(leader.heard(A)).toEqual(['2', 'recovering filling', '3', '4', '5', '6', 'live filled', '7']);
    expect(closed()).toMatchObject([{ by: 'standby', holes: 1, events: 3 }]);
  });

  it('is waited for where those are a little slower', async () => {
    brings(leader, 2, 6);
    await pass(300);
    brings(standby, 2, 3, 4);
    await pass(300);
    brings(standby, 5, 6);
    await pass(300);
    expect(leader.heard(A)).toEqual(['2', 'recovering filling', '3', '4', '5', '6', 'live filled']);
  });

  it('is missing where they have not brought it in time, or lack it as well', async () => {
    brings(leader, 2, 6);
    await pass(1_500);
    expect(leader.heard(A).slice(2)).toEqual([
      'gap ids-missing 3 ids missing: standby: no upstream that stands by has it',
      'live resumed',
      '6',
    ]);
    for (const one of [standby, leader]) brings(one, 7, 9);
    await pass(100);
    expect(leader.heard(A).join()).toContain('1 id missing: standby: no upstream that stands by has it');
  });

  it('is had also where nothing has come since, once a line is back: what came meanwhile', async () => {
    leader.wire(0).drop();
    brings(standby, 2, 3);
    await pass(500);
    leader.heard(A);
    await pass(2_000);
    expect(leader.heard(A)).toEqual(['recovering filling', '2', '3', 'live filled']);
    expect(leader.heard(B).slice(-1)).toEqual(['live resumed']);
  });

  it('is given also by one whose own line has dropped since', async () => {
    brings(standby, 2, 3, 4);
    standby.wire(0).drop();
    standby.isReachable = false;
    brings(leader, 2, 4);
    await pass(100);
    expect(leader.heard(A)).toEqual(['2', 'recovering filling', '3', '4', 'live filled']);
  });

  it('is had though it is more than one answer holds', async () => {
    const many = Array.from({ length: 6_000 }, (_, at) => at + 3);
    brings(standby, 2, ...many, 6_003);
    brings(leader, 2, 6_003);
    await pass(3_000);
    const heard = leader.heard(A);
    expect([heard.length, heard.at(-1)]).toEqual([1 + 1 + 6_000 + 1 + 1, 'live filled']);
  });
});

describe('where nobody stands by', () => {
  it('what is missing is told after a moment, and the next time at once', async () => {
    await begin(false);
    leader.heard(A);
    brings(leader, 3);
    await pass(200);
    expect(leader.heard(A)).toEqual(['recovering filling']);
    await pass(200);
    expect(leader.heard(A)).toEqual([
      'gap ids-missing 1 id missing: standby: no upstream stands by that carries it',
      'live resumed',
      '3',
    ]);
    brings(leader, 5);
    await pass(100);
    expect(leader.heard(A)).toContain('5');
  });
});

it('knows streams in which it can be told that something is missing', () => {
  const timings = { tickMs: 1, lagMs: 1 };
  const repairer = new StandbyRepairer({ ...({} as { ask: never; clock: never }), channel: 'c', timings });
  const knows = (name: string): boolean => repairer.repairs(streamOf(name));
  expect(['btcusdt@trade', 'btcusdt@depth', 'btcusdt@kline_1m'].map(knows)).toEqual([true, true, true]);
  expect(['btcusdt@bookTicker', '!miniTicker@arr'].map(knows)).toEqual([false, false]);
});

import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { PoolBench } from '../pool/pool-bench.rig.js';

const A = 'ausdt@trade';
const ATTEMPTS = 30;

it('one that stands by and loses its connection sixty times leaves the other one’s repair free to begin at once', async () => {
  const attempts = { ...spot.limits.attempts, most: ATTEMPTS };
  const market = { ...spot, limits: { ...spot.limits, attempts } };
  const options = { market, settings: { standby: true } };
  const leader = await PoolBench.start(options);
  await leader.want(A);
  await leader.pass(3_000, () => leader.trade(1));
  const { clock, bus } = leader;
  const standby = await PoolBench.start({ ...options, clock, bus });
  await standby.want(A);
  let id = 1;
  for (let drop = 0; drop < 60; drop += 1) {
    await standby.pass(1_000, () => [leader, standby].forEach((one) => one.trade((id += 1))));
    const wire = standby.wires.at(-1);
    if (wire?.isOpen) wire.drop();
  }
  expect(standby.wires).toHaveLength((ATTEMPTS * 2) / 3 - 1);
  leader.wire(0).drop();
  await leader.pass(500);
  expect(leader.carried).toEqual([A]);
});

describe('one that publishes, and whose connection brings nothing', () => {
  let leader: PoolBench;
  let standby: PoolBench;
  let id: number;
  /** Time goes by for both, and trades come on the connections of these. */
  const pass = async (ms: number, ...bringing: readonly PoolBench[]): Promise<void> => {
    for (let gone = 0; gone < ms; gone += 100) {
      id += 1;
      for (const one of bringing) one.trade(id);
      await leader.pass(100);
      await standby.pass(0);
    }
  };
  const roleOf = ({ parts }: PoolBench): unknown => Reflect.get(Object(parts.ops.readStatus()['term']), 'role');
  const roles = (): unknown[] => [leader, standby].map(roleOf);
  const ids = (): number[] => leader.heard(A).map(Number).filter(Number.isFinite);

  beforeEach(async () => {
    id = 0;
    const options = { settings: { standby: true } };
    leader = await PoolBench.start(options);
    await leader.want(A);
    await leader.pass(2_000);
    standby = await PoolBench.start({ ...options, clock: leader.clock, bus: leader.bus });
    await standby.want(A);
    await pass(4_000, leader, standby);
    leader.heard(A);
  });

  it('leaves it within four seconds to another one whose connection does, and nothing is missed', async () => {
    const first = id + 1;
    await pass(3_900, standby);
    expect(roles()).toEqual(['following', 'leading']);
    await pass(500, standby);
    expect(ids()).toEqual(Array.from({ length: id + 1 - first }, (_, at) => first + at));
    expect(leader.logged.join()).toContain('upstream.yields');
  });

  it('keeps it while the other one’s is as silent: the market may rest', async () => {
    await pass(20_000);
    expect(roles()).toEqual(['leading', 'following']);
    await pass(1_000, leader, standby);
    expect(roles()).toEqual(['leading', 'following']);
  });

  it('keeps it where the other one’s is a little quicker with the first event after a rest', async () => {
    await pass(3_500);
    await pass(500, standby);
    for (let missed = id - 4; missed <= id; missed += 1) leader.trade(missed, leader.wires);
    await pass(5_000, leader, standby);
    expect(roles()).toEqual(['leading', 'following']);
  });

  it('keeps it where its own brings something again in time', async () => {
    await pass(2_700, standby);
    await pass(3_000, leader, standby);
    expect(roles()).toEqual(['leading', 'following']);
  });

  it('does not have it back before the other one’s brings nothing, and its own does', async () => {
    await pass(4_000, standby);
    await pass(20_000, leader, standby);
    expect(roles()).toEqual(['following', 'leading']);
    await pass(20_000);
    expect(roles()).toEqual(['following', 'leading']);
    await pass(5_000, leader);
    expect(roles()).toEqual(['leading', 'following']);
  });

  it('leaves it to anybody where it is told to end meanwhile', async () => {
    await pass(3_200);
    const isDrained = leader.upstream.drain();
    await pass(1_000);
    expect(roles()).toEqual(['over', 'leading']);
    await isDrained;
  });
});

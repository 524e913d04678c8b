import { expect, it } from 'vitest';
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

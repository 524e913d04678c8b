import { afterEach, describe, expect, it } from 'vitest';
import { SpareRig } from '../../../../test/support/spare-rig.js';
import { until } from '../../../../test/support/until.js';
import type { RigOptions } from '../../../../test/support/upstream-rig.js';

const STREAMS = ['btcusdt@trade', 'btcusdt@aggTrade', 'btcusdt@depth@100ms', 'btcusdt@bookTicker'];
const SOON = { settleMs: 50 };

let lines: SpareRig;
/** States said before the test did anything. */
let feeds: number;
afterEach(async () => {
  await lines.rig.stop();
  expect(lines.rig.simulator.violations).toEqual([]);
});

async function flowing(streams: readonly string[] = STREAMS, options: RigOptions = {}): Promise<void> {
  lines = await SpareRig.flowing(streams, { timings: SOON, ...options });
  feeds = lines.rig.feeds.length;
}

const saidSince = () => lines.rig.feeds.slice(feeds);

describe('beside a spare line', () => {
  it('a line that falls silent while the other goes on is stood in for before anybody calls it silent', async () => {
    await flowing();
    const peer = lines.peerOf(lines.slot.line?.generation);
    if (peer) peer.isMuted = true;
    await until(() => lines.spare?.standIn);
    await lines.more(20);
    expect(lines.rig.faults).toEqual([]);
    expect(saidSince()).toEqual([]);
    if (peer) peer.isMuted = false;
    await lines.bothUp();
    await lines.more(20);
    expect(lines.rig.faults).toEqual([]);
  });

  it.each([
    ['as quick as the other', []],
    ['behind', [0, 150]],
    ['ahead', [150, 0]],
  ])('frames that one line lacks come from the other, and are no gap, when it is %s', async (_, lagsMs) => {
    await flowing(STREAMS, { lagsMs, timings: { ...SOON, lagMs: 300 } });
    const { rig } = lines;
    for (let time = 0; time < 3; time += 1) {
      const peer = await until(() => lines.peerOf(lines.slot.line?.generation));
      let swallowed = 0;
      peer.deliver = (frame) => {
        swallowed += Number(frame.includes('@trade') || frame.includes('@depth'));
        if (swallowed >= 20) Reflect.deleteProperty(peer, 'deliver');
      };
      await until(() => swallowed >= 20);
      await lines.more(30);
      await lines.bothUp();
    }
    expect(rig.faults).toEqual([]);
    expect(rig.upstream.streams.counts).toMatchObject({ gaps: 0, missing: 0 });
    expect(rig.upstream.streams.counts.holes).toBeGreaterThan(0);
    expect(saidSince().filter(({ state }) => state === 'gap')).toEqual([]);
  });

  it('streams come and go while it stands in, and both lines have what is wanted afterwards', async () => {
    await flowing();
    const { rig } = lines;
    rig.simulator.script([{ slow: 1_500 }]);
    await lines.dropOwn();
    rig.demand([...STREAMS.slice(0, 3), 'ethusdt@trade']);
    await until(() => rig.on('ethusdt@trade').state === 'live', { deadlineMs: 1_400 });
    expect(lines.slot.line?.connection).toBeUndefined();
    await until(() => lines.slot.line?.connection?.isSynced, { deadlineMs: 10_000 });
    await lines.bothUp();
    await until(() => lines.peerOf(lines.spare?.view.line?.generation)?.subscriptions.size === 4);
    await until(() => lines.peerOf(lines.slot.line?.generation)?.subscriptions.size === 4);
    expect(rig.faults).toEqual([]);
  });

  it('a planned rotation goes as ever, also in the middle of a drop', async () => {
    await flowing();
    const { rig } = lines;
    rig.upstream.pool.rotate('operator', lines.slot.line?.generation);
    await until(() => (lines.slot.line?.generation ?? 0) > 2, { deadlineMs: 10_000 });
    await lines.bothUp();
    rig.upstream.pool.rotate('operator', lines.slot.line?.generation);
    await until(() => lines.slot.rotation.successor?.isUp);
    await lines.dropOwn();
    await lines.more(20);
    await lines.bothUp();
    await until(() => rig.open === 2);
    expect(rig.faults).toEqual([]);
    expect(saidSince()).toEqual([]);
  });

  it('the other one is replaced when it is silent and this one is not', async () => {
    await flowing(STREAMS, { settings: { silenceDataMs: 400 }, timings: { ...SOON, watchMs: 50 } });
    const { generation } = lines.spare?.view.line ?? {};
    const peer = lines.peerOf(generation);
    if (peer) peer.isMuted = true;
    await until(() => lines.spare?.view.line?.generation !== generation);
    await lines.bothUp();
    expect(lines.rig.faults).toEqual([]);
    expect(saidSince()).toEqual([]);
  });

  it('the other one is replaced at its age, and when an operator says so', async () => {
    await flowing(STREAMS, { settings: { rotateAfterMs: 1_500 } });
    const first = lines.spare?.view.line?.generation ?? 0;
    await until(() => (lines.spare?.view.line?.generation ?? 0) > first, { deadlineMs: 10_000 });
    await lines.bothUp();
    const { generation } = lines.spare?.view.line ?? {};
    expect(lines.rig.upstream.pool.rotate('operator', generation)).toEqual([generation]);
    await until(() => lines.spare?.view.line?.generation !== generation);
    await lines.bothUp();
    await until(() => lines.rig.open === 2, { deadlineMs: 10_000 });
    expect(lines.rig.faults).toEqual([]);
    expect(saidSince()).toEqual([]);
  });

  it('a slot that absorbs another one has one spare line for both', async () => {
    await flowing(STREAMS, { settings: { streamsPerConnection: 4 } });
    const { rig } = lines;
    rig.demand([...STREAMS, 'ethusdt@trade', 'ethusdt@depth@100ms']);
    await until(() => rig.open === 4 && rig.on('ethusdt@trade').state === 'live', { deadlineMs: 10_000 });
    const left = ['btcusdt@trade', 'btcusdt@aggTrade', 'ethusdt@trade', 'ethusdt@depth@100ms'];
    rig.demand(left);
    await until(() => lines.slot.cargo.size === 2 && lines.slot.isCalm);
    rig.upstream.pool.rotate('operator');
    await until(() => rig.upstream.pool.all.length === 1 && rig.open === 2, { deadlineMs: 15_000 });
    await until(() => lines.peerOf(lines.spare?.view.line?.generation)?.subscriptions.size === 4, {
      deadlineMs: 10_000,
    });
    await lines.bothUp();
    await lines.dropOwn();
    await lines.more(20, 'ethusdt@trade');
    expect(rig.faults).toEqual([]);
    expect(rig.upstream.streams.counts).toMatchObject({ gaps: 0, holes: 0 });
  });

  it('whoever wants nothing has neither line after a while', async () => {
    await flowing(STREAMS, { timings: { ...SOON, idleMs: 200 } });
    lines.rig.demand([]);
    await until(() => lines.rig.open === 0);
    expect(lines.rig.upstream.pool.lines).toEqual([]);
  });
});

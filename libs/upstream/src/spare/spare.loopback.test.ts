import { afterEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { SpareRig } from '../../../../test/support/spare-rig.js';
import { until } from '../../../../test/support/until.js';
import type { RigOptions } from '../../../../test/support/upstream-rig.js';

const IDS = ['btcusdt@trade', 'ethusdt@trade', 'btcusdt@aggTrade', 'btcusdt@depth@100ms', 'ethusdt@depth@100ms'];
const STREAMS = [...IDS, 'btcusdt@kline_1s', 'btcusdt@bookTicker', '!miniTicker@arr'];

let lines: SpareRig;
/** States said before the test did anything. */
let feeds: number;
afterEach(async () => {
  await lines.rig.stop();
  expect(lines.rig.simulator.violations).toEqual([]);
});

async function flowing(streams: readonly string[] = STREAMS, options: RigOptions = {}): Promise<void> {
  lines = await SpareRig.flowing(streams, options);
  feeds = lines.rig.feeds.length;
}

/** Nothing was lost, doubled or reordered, and no state was said. */
function expectNothingSeen(): void {
  const { rig } = lines;
  expect(rig.faults).toEqual([]);
  expect(rig.feeds.slice(feeds)).toEqual([]);
  expect(rig.upstream.streams.counts).toMatchObject({ gaps: 0, missing: 0, holes: 0 });
}

describe('a spare line', () => {
  it('lets 40 drops of the line beside it pass without a state, a missing, a doubled or a reordered id, and without REST', async () => {
    await flowing();
    await lines.booksKnown();
    const before = await lines.requests();
    const candles = lines.listen('btcusdt@kline_1s');
    const tops = lines.listen('btcusdt@bookTicker');
    const closed = (): number[] =>
      candles.flatMap((event) => (event.type === 'kline' && event.closed ? [event.openAt] : []));
    const DROPS = 40;
    for (let way = 0; way < DROPS; way += 1) {
      await lines.dropOwn(way);
      await lines.more(way % 7);
    }
    await lines.bothUp();
    await lines.more(20);
    await until(() => closed().length > 3);
    expectNothingSeen();
    expect(await lines.requests()).toBe(before);
    expect(lines.rig.simulator.attempts.length).toBeGreaterThanOrEqual(DROPS + 2);
    expect(closed()).toEqual(closed().map((_, at) => (closed()[0] ?? 0) + at * 1_000));
    const ids = tops.flatMap((event) => (event.type === 'bookTicker' ? [event.updateId] : []));
    expect(ids).toEqual([...new Set(ids)].sort((some, another) => some - another));
  }, 120_000);

  it.each([
    ['as quick as the other', []],
    ['behind', [0, 80, 0, 0, 0]],
    ['ahead', [80, 0, 80, 80, 80]],
  ])('only keeps again once the line beside it brings everything, each time, when it is %s', async (_, lagsMs) => {
    await flowing(IDS, { timings: { settleMs: 50 }, lagsMs });
    for (let way = 0; way < 3; way += 1) {
      await lines.dropOwn(way);
      await until(() => !lines.isKeeping);
      await lines.bothUp();
      await lines.more(5);
    }
    expectNothingSeen();
    expect(lines.counts.stoodIn).toBe(3);
  });

  it('brings everything for as long as the other is away, without a pause that anybody would notice', async () => {
    await flowing();
    const { rig } = lines;
    rig.simulator.script([{ slow: 1_500 }]);
    await lines.dropOwn();
    await until(() => lines.slot.line?.connection === undefined);
    const times: number[] = [];
    rig.bus.messages.subscribe(spot.channels.stream('btcusdt@bookTicker'), () => times.push(performance.now()));
    await lines.more(30);
    expect(lines.slot.line?.connection).toBeUndefined();
    expect(Object.keys(rig.ops.readTroubles())).toEqual([]);
    await lines.bothUp();
    expectNothingSeen();
    const pauses = times.slice(1).map((at, before) => at - (times[before] ?? 0));
    expect(Math.max(...pauses)).toBeLessThan(500);
  });

  it('says in the journal which line it is, and which one brings the streams meanwhile', async () => {
    await flowing();
    const journal = () => lines.rig.upstream.journal.read();
    const { generation } = lines.spare?.view.line ?? {};
    await lines.dropOwn(2);
    await until(() => journal().some(({ why }) => why === 'reconnect'));
    await lines.dropSpare(2);
    await until(() => journal().some(({ why }) => why === 'spare-reconnect'));
    const [first, second] = journal();
    expect(first).toMatchObject({ generation: 1, why: 'demand' });
    expect(first?.then).toContain(`the spare line, generation ${generation}, brings its streams meanwhile`);
    expect(second).toMatchObject({ generation, why: 'spare' });
  });

  it('may drop itself, and nobody notices', async () => {
    await flowing();
    for (let way = 0; way < 6; way += 1) {
      await lines.dropSpare(way);
      await lines.more(2);
    }
    await lines.bothUp();
    expectNothingSeen();
    expect(lines.counts.stoodIn).toBe(0);
  });

  it.each([
    ['what is missing is fetched', 0, 60_000, { gaps: 0 }],
    ['what is missing is announced where nothing can be fetched', 1_000, 1_000, { filled: 0 }],
  ])('cannot help when both drop: it is said, and %s', async (_, refusals, fillWaitMs, counts) => {
    await flowing(['btcusdt@trade', 'btcusdt@aggTrade'], { settings: { fillWaitMs } });
    const { rig } = lines;
    if (refusals > 0) rig.simulator.strike({ name: 'rest-refuse', status: 503, count: refusals });
    rig.simulator.script([{ slow: 300 }, { slow: 300 }]);
    rig.simulator.strike({ name: 'reset' });
    await until(() => rig.on('btcusdt@trade').state === 'recovering');
    await lines.live();
    await lines.more(20);
    await lines.bothUp();
    expect(rig.faults).toEqual([]);
    expect(rig.upstream.streams.counts).toMatchObject(counts);
    expect(rig.upstream.streams.counts.filled + rig.upstream.streams.counts.gaps).toBeGreaterThan(0);
  });

  it('says that streams are not delivered when it drops while it stands in', async () => {
    await flowing();
    const { rig } = lines;
    rig.simulator.script([{ slow: 600 }, { slow: 600 }]);
    await lines.dropOwn();
    await lines.more(5);
    expect(rig.on('btcusdt@trade').state).toBe('live');
    await lines.dropSpare();
    await until(() => STREAMS.every((stream) => rig.on(stream).state === 'recovering'));
    await lines.live();
    expect(rig.faults).toEqual([]);
  });
});

import { afterEach, expect, it } from 'vitest';
import { until } from '../../../../test/support/until.js';
import { type RigOptions, UpstreamRig } from '../../../../test/support/upstream-rig.js';

const FIRST = ['btcusdt@trade', 'ethusdt@trade', 'btcusdt@depth@100ms', 'bnbusdt@aggTrade', 'btcusdt@kline_1s'];
const SECOND = ['ethusdt@depth@100ms', 'bnbusdt@trade', 'ethusdt@aggTrade', 'btcusdt@aggTrade', 'bnbusdt@depth@100ms'];
/** What is left when demand has shrunk: three streams of each connection. */
const LEFT = [...FIRST.slice(0, 3), ...SECOND.slice(0, 3)];
const QUICK = { lagMs: 100, settleMs: 1_100, rotationRetryMs: 50, rotationMs: 4_000, tickMs: 20 };
/** The replacement carries everything and does not take over yet. */
const SLOW = { ...QUICK, settleMs: 60_000, lagMs: 60_000, rotationMs: 60_000 };

let rig: UpstreamRig;
afterEach(async () => {
  expect(rig.faults).toEqual([]);
  expect(rig.feeds.filter(({ state }) => state === 'gap')).toEqual([]);
  await rig.stop();
  expect(rig.simulator.violations).toEqual([]);
});

/** Two connections with three streams each, on which there is room for six. */
async function sparse(options: RigOptions = {}): Promise<void> {
  const settings = { streamsPerConnection: 6, ...options.settings };
  rig = await UpstreamRig.start({ simulator: { pace: 10 }, timings: QUICK, ...options, settings });
  rig.demand([...FIRST, 'bnbusdt@bookTicker', ...SECOND]);
  await until(() => [...FIRST, ...SECOND].every((stream) => rig.on(stream).state === 'live'), { deadlineMs: 15_000 });
  rig.demand(LEFT);
  await until(
    () => sizes() === '3 3' && rig.upstream.pool.lines.every(({ connection }) => connection?.isSynced === true),
  );
}

const sizes = (): string => rig.upstream.pool.all.map(({ cargo }) => cargo.size).join(' ');
const rotateFirst = (): void => rig.upstream.pool.all[0]?.rotate('operator');
const changes = (): number => LEFT.reduce((sum, stream) => sum + rig.on(stream).feeds.length, 0);

/** What Binance believes the open connections are subscribed to. */
const subscribed = (): string[] =>
  rig.simulator.connections.flatMap(({ isOpen, subscriptions }) => (isOpen ? [...subscriptions] : [])).sort();

const merged = (streams: readonly string[]) =>
  until(() => rig.open === 1 && sizes() === `${streams.length}`, { deadlineMs: 15_000, what: 'one connection' });

/** Waits until every stream has brought more, on whatever line. */
async function flowsOn(streams: readonly string[] = LEFT): Promise<void> {
  const before = streams.map((stream) => rig.on(stream).events);
  await until(() => streams.every((stream, at) => rig.on(stream).events > (before[at] ?? 0) + 5), {
    deadlineMs: 10_000,
    what: 'more events on every stream',
  });
}

/** What is left beside a stream that never delivers, so that the replacement has to wait. */
const BUSY = LEFT.slice(1);
const MUTE = 'doesnotexist@trade';

/** Begins a rotation whose replacement delivers all that the old lines do, and waits. */
async function replacementDelivers(): Promise<void> {
  rig.demand([MUTE, ...BUSY]);
  await until(
    () => sizes() === '3 3' && rig.upstream.pool.lines.every(({ connection }) => connection?.isSynced === true),
  );
  rotateFirst();
  await until(() =>
    BUSY.every((stream) => rig.upstream.streams.wanted.get(stream)?.sources.get(3)?.heardAt !== undefined),
  );
}

it('two connections that fit on one become one when the first rotates, and nobody notices', async () => {
  await sparse();
  const before = changes();
  rotateFirst();
  await merged(LEFT);
  await flowsOn();
  expect(changes()).toBe(before);
  expect(subscribed()).toEqual([...LEFT].sort());
  expect(rig.simulator.attempts).toHaveLength(3);
  const ended = rig.upstream.journal.read().filter(({ closedAt }) => closedAt !== undefined);
  expect(ended.map(({ generation, cause }) => `${generation} ${cause}`).sort()).toEqual(['1 replaced', '2 replaced']);
});

it.each([
  ['slower', [200, 150, 0], true],
  ['quicker', [0, 50, 200], false],
])(
  'keeps every id in order when the old lines are %s than the one that takes over from both',
  async (_, lagsMs, holds) => {
    await sparse({ simulator: { pace: 50 }, timings: { ...QUICK, lagMs: 300 }, lagsMs });
    const before = changes();
    rotateFirst();
    await merged(LEFT);
    await flowsOn();
    expect(changes()).toBe(before);
    expect(rig.upstream.streams.counts.heldBack > 0).toBe(holds);
  },
);

it('a replacement that fails leaves both as they were; the next one carries only its own', async () => {
  await sparse();
  const before = changes();
  rig.simulator.script([{ cut: 'mid-frame', when: 'first-frame' }]);
  rotateFirst();
  await until(() => rig.simulator.attempts.length === 4 && rig.open === 2 && rig.upstream.pool.lines.length === 2, {
    deadlineMs: 15_000,
  });
  await flowsOn();
  expect(sizes()).toBe('3 3');
  expect(rig.upstream.pool.all.map(({ line }) => line?.generation)).toEqual([4, 2]);
  expect(changes()).toBe(before);
  rotateFirst();
  await merged(LEFT);
});

it('a quick replacement that is lost half-way takes no id with it', async () => {
  await sparse({ timings: SLOW, lagsMs: [300, 300, 0] });
  const before = changes();
  await replacementDelivers();
  rig.simulator.strike({ name: 'reset', share: 'newest' });
  await until(() => rig.upstream.pool.lines.every(({ generation }) => generation !== 3));
  await flowsOn(BUSY);
  expect(changes()).toBe(before);
});

it('when the rotating line drops, the replacement takes its place and the other one stays on its own', async () => {
  await sparse({ timings: SLOW, lagsMs: [0, 300, 0] });
  await replacementDelivers();
  const before = changes();
  rig.simulator.strike({ name: 'reset', share: 'oldest' });
  await until(() => rig.open === 2 && rig.upstream.pool.all[0]?.line?.generation === 3);
  await until(() => subscribed().length === 6);
  expect(sizes()).toBe('3 3');
  await flowsOn(BUSY);
  expect(changes()).toBe(before);
});

it('when the line of the other one drops, the replacement goes on for it while it reconnects', async () => {
  await sparse({ timings: SLOW });
  await replacementDelivers();
  const before = changes();
  rig.simulator.connections[1]?.cut(Buffer.alloc(0), 'reset');
  await until(() => rig.simulator.attempts.length === 4 && rig.open === 3);
  await flowsOn(BUSY);
  expect(changes()).toBe(before);
  expect(rig.upstream.pool.lines.map(({ generation }) => generation)).toEqual([1, 3, 2]);
});

it('new demand during it finds its place, and no connection gets more than it may have', async () => {
  await sparse({ timings: SLOW });
  await replacementDelivers();
  rig.demand([MUTE, ...BUSY, 'bnbusdt@bookTicker']);
  await until(() => rig.simulator.connections.every(({ subscriptions }) => subscriptions.size <= 6));
  await until(() => rig.on('bnbusdt@bookTicker').state === 'live');
  expect(rig.upstream.pool.all).toHaveLength(3);
  await flowsOn(BUSY);
});

it('demand that shrinks during it is followed on all three connections', async () => {
  await sparse();
  rotateFirst();
  await until(() => rig.open === 3);
  const wanted = LEFT.slice(1);
  rig.demand(wanted);
  await merged(wanted);
  await flowsOn(wanted);
  expect(subscribed()).toEqual([...wanted].sort());
});

it('a slot that nobody wants any more leaves, and the replacement goes on for the other', async () => {
  await sparse({ timings: SLOW });
  await replacementDelivers();
  const wanted = BUSY.slice(0, 2);
  rig.demand([MUTE, ...wanted]);
  await until(() => JSON.stringify(subscribed()) === JSON.stringify([MUTE, MUTE, ...wanted, ...wanted].sort()));
  await flowsOn(wanted);
  expect(sizes()).toBe('3');
});

import { beforeEach, describe, expect, it } from 'vitest';
import { type FeedEvent, HoldfastError } from '#libs/core';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { StreamStates } from './states.js';

const TRADE = 'btcusdt@trade';

const feed = (more: Partial<FeedEvent>): FeedEvent => ({
  type: 'feed',
  stream: TRADE,
  epoch: 1,
  seq: 1,
  state: 'live',
  since: 5,
  cause: 'first-event',
  by: 'upstream',
  ...more,
});

describe('states of streams as values', () => {
  let states: StreamStates;
  let acts: (() => void)[];
  let told: string[];

  const flush = (): void => {
    for (const act of acts.splice(0)) act();
  };
  const watch = (stream = TRADE): (() => void) =>
    states.watch(stream, ({ state, why, since }) => told.push(`${state} ${why} ${since}`));

  beforeEach(() => {
    acts = [];
    told = [];
    states = new StreamStates(new FakeClock(1_000), (act) => acts.push(act));
  });

  it('are not there for a stream that nobody listens to', () => {
    states.heard(feed({}));
    expect(states.of(TRADE)).toBeUndefined();
    states.want(TRADE);
    states.drop(TRADE);
    expect(states.of(TRADE)).toBeUndefined();
  });

  it('begin as connecting, follow the feed, and say why and since when', () => {
    states.want(TRADE);
    expect(states.of(TRADE)).toEqual({ state: 'recovering', since: 1_000, why: 'connecting', by: 'client' });
    states.heard(feed({ state: 'recovering', cause: 'filling', missing: { from: 1, to: 2 }, message: 'two' }));
    const filling = { state: 'recovering', since: 5, why: 'filling', by: 'upstream' };
    expect(states.of(TRADE)).toEqual({ ...filling, missing: { from: 1, to: 2 }, message: 'two' });
  });

  it('begin as what is known where the stream is served already', () => {
    states.want(TRADE, feed({ state: 'stale', cause: 'silent' }));
    expect(states.of(TRADE)).toMatchObject({ state: 'stale', why: 'silent' });
  });

  it('never say that a stream is live while there is no connection to the gateway', () => {
    states.want(TRADE);
    watch();
    states.lost();
    states.heard(feed({}));
    states.lost();
    states.lost();
    expect(states.of(TRADE)).toEqual({ state: 'stale', since: 1_000, why: 'gateway-lost', by: 'client' });
    // The same words again, on the next connection.
    states.heard(feed({}));
    flush();
    const around = ['live first-event 5', 'stale gateway-lost 1000', 'live first-event 5'];
    expect(told).toEqual(['recovering connecting 1000', ...around]);
  });

  it('tell a gap, and that what follows is live', () => {
    states.want(TRADE);
    watch();
    states.heard(feed({ state: 'gap', cause: 'ids-missing', missing: { from: 1, to: 2 } }));
    flush();
    expect(told).toEqual(['recovering connecting 1000', 'gap ids-missing 5', 'live resumed 5']);
    expect(states.of(TRADE)).toMatchObject({ state: 'live' });
  });

  it('tell a gap between two connections, and stay as they are until somebody says how the stream is', () => {
    const gap = feed({ state: 'gap', cause: 'bus-lost', by: 'edge', message: 'out-of-history' });
    states.missed(gap);
    states.want(TRADE, feed({}));
    watch();
    states.lost();
    states.missed(gap);
    flush();
    expect(told).toEqual(['live first-event 5', 'stale gateway-lost 1000', 'gap bus-lost 5']);
    expect(states.of(TRADE)).toMatchObject({ state: 'stale', why: 'gateway-lost' });
  });

  it('are told once each, and to nobody who has left, also while others are told', () => {
    states.want(TRADE, feed({}));
    const leave = watch();
    states.heard(feed({}));
    states.heard(feed({ seq: 2 }));
    flush();
    expect(told).toEqual(['live first-event 5']);
    states.watch(TRADE, () => leave());
    states.heard(feed({ state: 'stale', cause: 'silent', since: 6 }));
    leave();
    flush();
    expect(told).toEqual(['live first-event 5']);
  });

  it('keep why a stream was refused until somebody wants it again, and not without end', () => {
    const error = new HoldfastError('bad-stream', 'no such stream');
    watch();
    states.want(TRADE);
    states.refused({ stream: TRADE, error, isStillWanted: false });
    flush();
    expect(told).toEqual(['recovering connecting 1000', 'refused bad-stream 1000']);
    expect(states.of(TRADE)).toMatchObject({ state: 'refused', why: 'bad-stream', message: 'no such stream' });
    states.want(TRADE);
    expect(states.of(TRADE)).toMatchObject({ why: 'connecting' });
    states.drop(TRADE);
    expect(states.of(TRADE)).toBeUndefined();
    for (let at = 0; at <= 1_000; at += 1) states.refused({ stream: `x${at}`, error, isStillWanted: false });
    expect([states.of('x0'), states.of('x1')?.why, states.of('x1000')?.why]).toEqual([
      undefined,
      'bad-stream',
      'bad-stream',
    ]);
  });

  it('pass over a refusal that passes', () => {
    states.want(TRADE);
    const error = new HoldfastError('too-many-streams', 'full');
    states.refused({ stream: TRADE, error, isStillWanted: true });
    expect(states.of(TRADE)).toMatchObject({ state: 'refused', why: 'too-many-streams' });
    states.heard(feed({}));
    expect(states.of(TRADE)).toMatchObject({ state: 'live' });
  });

  it('are gone at the end', () => {
    states.want(TRADE, feed({}));
    watch();
    states.clear();
    flush();
    expect([states.of(TRADE), told]).toEqual([undefined, []]);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { type FeedEvent, type StreamName, type Welcome, encode } from '#libs/core';
import { Metrics } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { parsedStream } from '../../../../test/support/parsed-stream.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { EdgeStream } from './edge-stream.js';
import { Intake, WELCOME_WITHIN_MS } from './intake.js';
import { lastOf, snapshot } from './telling.js';
import { newShelf } from './market-streams.rig.js';

const TOP = 'btcusdt@bookTicker';
const TRADE = 'btcusdt@trade';
/** So much is kept of it. */
const KEPT_BYTES = 10_000;

describe('a stream that goes on, message by message', () => {
  let clock: FakeClock;
  let registry: Metrics;
  let metrics: EdgeMetrics;
  let intake: Intake;
  let stream: EdgeStream;
  let sent: [string, string][];
  const begin = (name: StreamName): void => {
    const publish = (topic: string, text: string): void => void sent.push([topic, text]);
    const { counts } = metrics;
    const fetch = (_question: unknown, _stream: unknown, told: (texts: readonly string[]) => void): void => told([]);
    intake = new Intake({ clock, publish, metrics, sees: () => true, ask: () => undefined, fetch });
    const outlet = { publish, counts, clock, ownSnapshotMs: 0, shelf: newShelf(KEPT_BYTES) };
    stream = new EdgeStream(spot, parsedStream(name), clock.now(), outlet);
    stream.audience.add('native');
  };
  beforeEach(() => {
    clock = new FakeClock();
    registry = new Metrics();
    metrics = new EdgeMetrics(registry);
    sent = [];
    begin(TRADE);
  });
  /** Complete enough for native clients, and no frame of Binance's. */
  const event = (epoch: number, seq: number, more = ''): string =>
    `{"type":"${stream.parsed.type}","stream":"${stream.name}","epoch":${epoch},"seq":${seq},"updateId":${seq}${more}}`;
  const feed = (epoch: number, seq: number, more: Partial<FeedEvent> = {}): string => {
    const said = { state: 'live', since: 1, cause: 'first-event', by: 'upstream' } as const;
    return encode({ type: 'feed', stream: stream.name, epoch, seq, ...said, ...more });
  };
  const deliver = (...texts: string[]): void => texts.forEach(intake.deliverTo(stream));
  const welcome = (epoch: number, seq: number, more: Partial<Welcome> = {}): boolean =>
    intake.welcome(stream, { stream: stream.name, place: { epoch, seq }, feed: feed(epoch, 1), latest: [], ...more });
  const told = (): string[] => sent.splice(0).map(([, text]) => text);

  it('drops what has come before, and counts it', () => {
    welcome(7, 3);
    told();
    deliver(event(7, 4), event(7, 5), event(7, 4), event(7, 5), event(7, 6));
    expect(told()).toEqual([event(7, 4), event(7, 5), event(7, 6)]);
    expect([stream.place, metrics.counts.discarded]).toEqual([{ epoch: 7, seq: 6 }, 2]);
  });

  it('counts every message, in line or not, and what native clients get of it', () => {
    welcome(7, 0);
    told();
    const before = metrics.counts.deliveries;
    deliver(event(7, 1), feed(7, 2), event(7, 5), event(7, 6));
    expect(metrics.counts).toMatchObject({ messages: 4, lost: 2, deliveries: before + 5 });
  });

  it('says of a single lost message that it is one', () => {
    welcome(7, 0);
    told();
    deliver(event(7, 2), event(7, 5));
    const sentences = told().flatMap((text) => (JSON.parse(text) as { message?: string }).message ?? []);
    const [one, two] = ['1 message lost', '2 messages lost'].map(
      (words) => `${words} between the upstream and this edge`,
    );
    expect(sentences).toEqual([one, two]);
  });

  it.each([
    ['followed', true],
    ['awaited', false],
  ])(
    'measures one in 64 by its lag in seconds while %s, and none that does not say when it came',
    async (_phase, isWelcomed) => {
      if (isWelcomed) welcome(7, 0);
      const at = clock.now();
      clock.advance(2_000);
      const samples = async (): Promise<string[]> => {
        const text = await registry.registry.getSingleMetricAsString('holdfast_edge_lag_seconds');
        return text
          .split('\n')
          .filter((line) => /_(count|sum)/.test(line))
          .map((line) => line.replace(/.*_/, ''));
      };
      for (let seq = 1; seq <= 128; seq += 1) deliver(event(7, seq, `,"receivedAt":${at}`));
      expect(await samples()).toEqual(['sum 4', 'count 2']);
      for (let seq = 129; seq <= 192; seq += 1) deliver(event(7, seq));
      for (let seq = 193; seq <= 256; seq += 1) deliver(event(7, seq, ',"receivedAt":0'));
      expect(await samples()).toEqual(['sum 4', 'count 2']);
    },
  );

  it('gives newcomers its newest event, whichever way that came', () => {
    begin(TOP);
    welcome(7, 0);
    deliver(event(7, 1));
    expect(snapshot(stream).at(-1)).toBe(event(7, 1));
    deliver(event(7, 3));
    expect(snapshot(stream).at(-1)).toBe(event(7, 3));
  });

  it('keeps the newest events, however much has gone by', () => {
    welcome(7, 0);
    const padding = `,"wire":"${'x'.repeat(KEPT_BYTES / 100)}"`;
    for (let seq = 1; seq <= 200; seq += 1) deliver(event(7, seq, padding));
    const kept = lastOf(stream, 200);
    expect(kept).toEqual(Array.from(kept, (_, at) => event(7, 201 - kept.length + at, padding)));
    expect(kept.join('').length).toBeLessThanOrEqual(KEPT_BYTES);
    expect(kept.join('').length).toBeGreaterThan(0.9 * KEPT_BYTES);
    expect(lastOf(stream, 5)).toEqual(kept.slice(-5));
  });

  it('is not read where nobody wants Binance’s frames', () => {
    welcome(7, 0);
    const broken = ',"later":';
    deliver(event(7, 1, broken), event(7, 3, broken));
    expect(metrics.counts.unreadable).toBe(0);
    stream.audience.add('raw');
    deliver(event(7, 4, broken), event(7, 6, broken));
    expect(metrics.counts.unreadable).toBe(2);
  });

  it('is not published for native clients where there are none', () => {
    stream.audience.remove('native');
    stream.audience.add('raw');
    welcome(7, 0);
    deliver(event(7, 1), event(7, 3), feed(7, 4));
    intake.distrust(stream, { cause: 'bus-lost', message: 'cannot hear', since: 1 });
    expect(sent).toEqual([]);
  });

  it('passes what the upstream says on letter by letter', () => {
    welcome(7, 0);
    told();
    const said = feed(7, 1).replace('{', '{ ').replace('}', ',"later":1.0}').replace('{ ', '{');
    deliver(said);
    expect(told()).toEqual([said]);
  });

  it('tells clients of no gap who have heard nothing yet', () => {
    deliver(event(7, 4), event(7, 6), feed(7, 7));
    expect(sent).toEqual([]);
    expect(snapshot(stream)).toEqual([]);
  });

  it('has nothing to tell newcomers of its state where nobody has said how it stands, though it goes on', () => {
    clock.advance(WELCOME_WITHIN_MS);
    deliver(event(7, 4));
    expect(told()).toEqual([event(7, 4)]);
    expect(snapshot(stream)).toEqual([]);
  });

  it('says that another upstream took over, in those words', () => {
    welcome(7, 0);
    told();
    deliver(event(8, 1));
    const message = 'another upstream took over; what the market did in between is lost';
    expect(JSON.parse(told()[0] ?? '')).toMatchObject({ state: 'gap', message });
  });

  it('tells its clients what a welcome says otherwise than before, though nothing is missing', () => {
    welcome(7, 5);
    told();
    welcome(7, 5, { feed: feed(7, 1, { state: 'recovering' }) });
    expect(told().map((text) => JSON.parse(text) as FeedEvent)).toMatchObject([
      { type: 'feed', state: 'recovering', by: 'edge', seq: 5 },
    ]);
  });

  it('takes a welcome that tells of a gap of unknown size', () => {
    expect(welcome(7, 5, { feed: feed(7, 5, { state: 'gap', cause: 'ids-missing' }) })).toBe(true);
    expect(told().map((text) => JSON.parse(text) as FeedEvent)).toMatchObject([{ state: 'gap', by: 'upstream' }]);
  });

  it('goes on with a welcome that follows, also where its newest event says all', () => {
    begin(TOP);
    welcome(7, 5);
    told();
    expect(welcome(8, 1, { feed: feed(8, 1, { follows: { epoch: 7, seq: 5 } }) })).toBe(true);
    expect(told().map((text) => JSON.parse(text) as FeedEvent)).toMatchObject([{ state: 'live', epoch: 8, seq: 1 }]);
  });

  it('keeps an event that is newer than what a welcome goes on behind', () => {
    begin(TOP);
    welcome(7, 5, { latest: [event(7, 5)] });
    deliver(event(7, 6));
    welcome(8, 1, { feed: feed(8, 1, { follows: { epoch: 7, seq: 5 } }), latest: [event(7, 5)] });
    expect(stream.epoch).toBe(8);
    expect(snapshot(stream).at(-1)).toBe(event(7, 6));
  });

  it('can tell another edge the beginning of a term also where a welcome told it', () => {
    welcome(7, 1);
    deliver(event(7, 2));
    const first = feed(8, 1, { follows: { epoch: 7, seq: 2 } });
    welcome(8, 1, { feed: first });
    deliver(event(8, 2));
    const question = { stream: TRADE, epoch: 8, after: 0, to: 2 };
    expect(stream.history?.missed(question, 1_000_000)).toEqual([first, event(8, 2)]);
  });
});

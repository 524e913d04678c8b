import { beforeEach, describe, expect, it } from 'vitest';
import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import {
  type FeedEvent,
  HEARTBEATS_MISSED,
  HEARTBEAT_EVERY_MS,
  type Mark,
  type StreamEvent,
  asksReached,
  decode,
  decodeHeartbeat,
  encode,
  encodeDemand,
  encodeHeartbeat,
  encodeMark,
  encodeReached,
} from '#libs/core';
import { silentDial, type SocketEvents } from '#libs/link';
import { UpstreamSettings } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { settle } from '../../../../test/support/fake-link.js';
import { bookAt, candle, inShort, streamOf, trade } from '../../../../test/support/series-rig.js';
import { upstreamParts } from '../../../../test/support/upstream-parts.js';
import { TIMINGS, Upstream } from '../index.js';

const TRADE = 'btcusdt@trade';
const CANDLE = 'btcusdt@kline_1s';
const BOOK = 'btcusdt@depth';
const BEFORE = 7;

const trades = (...ids: number[]): string[] =>
  ids.map(
    (t) =>
      `{"stream":"${TRADE}","data":{"e":"trade","E":1,"s":"BTCUSDT","t":${t},"p":"1","q":"1","T":${t},"m":true,"M":true}}`,
  );

describe('an upstream that starts where another one was', () => {
  let clock: FakeClock;
  let bus: MemoryBus;
  let sockets: SocketEvents[];
  let said: StreamEvent[];
  /** What edges answer. */
  let answers: string[];
  /** What edges want. */
  let wanted: string[];

  beforeEach(() => {
    clock = new FakeClock();
    bus = new MemoryBus({ clock });
    sockets = [];
    said = [];
    answers = [];
    wanted = [TRADE];
    const { channels } = spot;
    for (const name of [TRADE, CANDLE, BOOK]) {
      bus.messages.subscribe(channels.stream(name), (text) => {
        const event = decode(text);
        if (event.ok) said.push(event.value);
      });
    }
    bus.messages.subscribe(channels.demandCall, (text) => {
      bus.messages.publish(channels.demand, encodeDemand({ edge: 'e', streams: wanted }));
      if (asksReached(text)) for (const answer of answers) bus.messages.publish(channels.reached, answer);
    });
  });

  const newUpstream = (settings: Partial<UpstreamSettings> = {}, always: string[] = []): Upstream =>
    new Upstream(Object.assign(new UpstreamSettings(), { wsUrl: 'ws://an.exchange' }, settings), {
      ...upstreamParts(),
      market: spot,
      always: always.map(streamOf),
      bus,
      clock,
      dial: silentDial(sockets),
      timings: TIMINGS,
    });
  const start = async (...how: Parameters<typeof newUpstream>): Promise<Upstream> => {
    const upstream = newUpstream(...how);
    await upstream.start();
    return upstream;
  };
  const flow = async (texts: readonly string[]): Promise<void> => {
    await settle();
    const socket = sockets.at(-1);
    socket?.opened({});
    for (const text of texts) socket?.message(Buffer.from(text), false);
  };
  const at = (seq: number): Pick<FeedEvent, 'follows'> => ({ follows: { epoch: BEFORE, seq } });
  const now = (): number => clock.wallAt(clock.now());
  const markOf = (id: number, seq: number, receivedAt = now()): Mark => ({
    place: { epoch: BEFORE, seq },
    event: encode({ ...trade(id), receivedAt, epoch: BEFORE, seq }),
  });
  const reached = (edge: string, ...marks: Mark[]): string =>
    encodeReached({ edge, beat: { epoch: BEFORE, at: now() - 500 }, marks });
  const marked = (...marks: [string, string][]): Promise<void> => bus.marks.write(spot.channels.marks, new Map(marks));
  const HOUR_MS = 3_600_000;

  it('goes on behind the highest place that any edge has: nothing twice, and nothing is called missing that is not', async () => {
    answers = [reached('one', markOf(5, 50)), reached('two', markOf(8, 53)), reached('three', markOf(6, 51))];
    await start();
    await flow(trades(6, 7, 8, 9, 10));
    expect(said.map(inShort)).toEqual(['recovering', 'live', 9, 10]);
    expect(said[0]).toMatchObject({ cause: 'subscribing', seq: 1, ...at(53) });
    expect(said[1]).toMatchObject({ cause: 'resumed' });
    expect(said[1]).not.toHaveProperty('follows');
  });

  it('tells who asks what its term goes on behind, and how far it has said nothing but states', async () => {
    answers = [reached('one', markOf(5, 50))];
    const upstream = await start();
    const opening = () => upstream.streams.wanted.get(TRADE)?.transcript.welcome()?.opening;
    expect(opening()).toEqual({ follows: { epoch: BEFORE, seq: 50 }, to: 1 });
    await flow(trades(6, 7));
    expect(said.map(inShort)).toEqual(['recovering', 'live', 6, 7]);
    expect(opening()).toEqual({ follows: { epoch: BEFORE, seq: 50 }, to: 2 });
    upstream.streams.beginTerm(BEFORE + 100, false);
    expect(opening()).toBeUndefined();
  });

  it('says which ids were missed while there was none', async () => {
    answers = [reached('one', markOf(5, 50))];
    await start();
    await flow(trades(9));
    expect(said.map(inShort)).toEqual(['recovering', 'gap 6-8', 'live', 9]);
  });

  it('follows the place of a later word than the newest event', async () => {
    answers = [reached('one', { ...markOf(5, 50), place: { epoch: BEFORE, seq: 52 } })];
    await start();
    expect(said[0]).toMatchObject(at(52));
  });

  it('does not go on where nobody tells where the stream was, and says so', async () => {
    await start();
    await flow(trades(9));
    expect(said.map(inShort)).toEqual(['recovering', 'live', 9]);
    expect(said[0]).not.toHaveProperty('follows');
    expect(said[1]).toMatchObject({ cause: 'first-event' });
  });

  it('takes the marks of the one before where no edge answers, and the edge where one is further on', async () => {
    await bus.marks.write(spot.channels.marks, new Map([[TRADE, encodeMark(markOf(5, 50))]]));
    await start();
    expect(said[0]).toMatchObject(at(50));
    said.length = 0;
    answers = [reached('one', markOf(6, 51))];
    await start();
    expect(said[0]).toMatchObject(at(51));
  });

  it('goes on with what is always on, though no edge is there at all', async () => {
    wanted = [];
    await bus.marks.write(spot.channels.marks, new Map([[TRADE, encodeMark(markOf(5, 50))]]));
    await start({}, [TRADE]);
    await flow(trades(5, 6));
    expect(said.map(inShort)).toEqual(['recovering', 'live', 6]);
    expect(said[0]).toMatchObject(at(50));
  });

  it('goes on with a candle where it was: what is closed stays closed', async () => {
    wanted = [CANDLE];
    const closed = { ...candle(2_000, 3_001, true), receivedAt: now(), epoch: BEFORE, seq: 9 };
    answers = [reached('one', { place: { epoch: BEFORE, seq: 9 }, event: encode(closed) })];
    await start();
    const frame = (openAt: number, eventAt: number): string => {
      const k = `{"t":${openAt},"T":${openAt + 999},"s":"BTCUSDT","i":"1s","f":1,"L":1,"o":"1","c":"1","h":"1","l":"1","v":"1","n":1,"x":false,"q":"1","V":"1","Q":"1","B":"0"}`;
      return `{"stream":"${CANDLE}","data":{"e":"kline","E":${eventAt},"s":"BTCUSDT","k":${k}}}`;
    };
    await flow([frame(2_000, 3_500), frame(1_000, 3_600), frame(3_000, 3_700)]);
    expect(said.map(inShort)).toEqual(['recovering', 'live', 3_000]);
  });

  it('begins anew when there was none for too long, and says since when', async () => {
    answers = [reached('one', markOf(5, 50))];
    clock.advance(600_600);
    await start();
    await flow(trades(9));
    expect(said.map(inShort)).toEqual(['restarted', 'recovering', 'live', 9]);
    expect(said[0]).toMatchObject({ message: expect.stringMatching(/^no upstream since \d{4}-.*Z: /) });
    expect(said[0]).not.toHaveProperty('follows');
  });

  it('does not take a quiet stream for one that nobody carried', async () => {
    const quiet = markOf(5, 50);
    clock.advance(600_600);
    answers = [reached('one', quiet)];
    await start();
    expect(said[0]).toMatchObject(at(50));
  });

  it('knows by the newest heartbeat that anybody has heard how long there was none, and by one of that term only', async () => {
    const quiet = markOf(5, 50, now() - HOUR_MS);
    const heard = (edge: string, epoch: number, at: number): string =>
      encodeReached({ edge, beat: { epoch, at }, marks: [quiet] });
    answers = [
      heard('one', BEFORE, now() - HOUR_MS),
      heard('two', BEFORE, now()),
      heard('three', BEFORE, now() - HOUR_MS),
    ];
    await start();
    expect(said[0]).toMatchObject(at(50));
    said.length = 0;
    answers = [
      heard('one', BEFORE, now()),
      heard('two', BEFORE - 1, now() + 5),
      encodeReached({ edge: 'x', marks: [] }),
    ];
    await start();
    expect(said[0]).toMatchObject(at(50));
    said.length = 0;
    answers = [heard('one', BEFORE - 1, now()), heard('two', BEFORE + 1, now())];
    await start();
    expect(said.map(inShort)).toEqual(['restarted', 'recovering']);
  });

  it('knows by the marks, too, where no edge answers', async () => {
    const quiet = encodeMark(markOf(5, 50, now() - HOUR_MS));
    await marked([TRADE, quiet], ['beat', encodeHeartbeat({ epoch: BEFORE, at: now(), places: new Map() })]);
    await start();
    expect(said[0]).toMatchObject(at(50));
  });

  it('takes nothing from marks that are none, nor from one that is of another stream', async () => {
    const other = markOf(5, 50);
    await marked(
      [TRADE, encodeMark({ ...other, event: other.event.replace(TRADE, 'ethusdt@trade') })],
      [CANDLE, 'junk'],
    );
    wanted = [TRADE, CANDLE];
    await start();
    expect(said.map(inShort)).toEqual(['recovering', 'recovering']);
    for (const first of said) expect(first).not.toHaveProperty('follows');
  });

  it('goes on behind a book where that is the newest of a stream of diffs', async () => {
    wanted = [BOOK];
    const event = { ...bookAt(33), receivedAt: now(), epoch: BEFORE, seq: 4 };
    answers = [reached('one', { place: { epoch: BEFORE, seq: 4 }, event: encode(event) })];
    await start();
    expect(said[0]).toMatchObject({ stream: BOOK, ...at(4) });
  });

  it('remembers where 20,000 streams were, and no more', async () => {
    const mark = encodeMark(markOf(5, 50));
    const others = Array.from({ length: 19_999 }, (_, id): [string, string] => {
      const name = `c${id}usdt@trade`;
      return [name, mark.replace(TRADE, name)];
    });
    await marked(...others, [TRADE, mark]);
    await start();
    expect(said[0]).toMatchObject(at(50));
    said.length = 0;
    await bus.marks.forget(spot.channels.marks, [TRADE]);
    await marked(['onemoreusdt@trade', mark.replace(TRADE, 'onemoreusdt@trade')], [TRADE, mark]);
    await start();
    expect(said[0]).not.toHaveProperty('follows');
  });

  it('takes no answer that comes when it has begun', async () => {
    wanted = [];
    await start();
    bus.messages.publish(spot.channels.reached, reached('late', markOf(5, 50)));
    bus.messages.publish(spot.channels.demand, encodeDemand({ edge: 'e', streams: [TRADE] }));
    await settle();
    expect(said[0] && 'follows' in said[0]).toBe(false);
  });

  it('takes nothing for an answer that is none, nor an event that is not of the stream', async () => {
    const place = { epoch: BEFORE, seq: 5 };
    const other = encode({ ...trade(5), type: 'aggTrade' } as unknown as StreamEvent);
    const marks = ['', '{}', other, `{"type":"trade","stream":"${TRADE}","epoch":7,"seq":5}`];
    answers = ['', 'null', '[]', ...marks.map((event) => reached('one', { place, event }))];
    await start();
    expect(said[0]).not.toHaveProperty('follows');
    expect(bus.counts.subscriberErrors).toBe(0);
  });

  it('gives a newcomer the newest event of the one before until there is a newer one', async () => {
    wanted = [CANDLE];
    const open = { ...candle(2_000, 2_500), receivedAt: now(), epoch: BEFORE, seq: 9 };
    answers = [reached('one', { place: { epoch: BEFORE, seq: 9 }, event: encode(open) })];
    await start();
    const heard: unknown[] = [];
    bus.ask.ask(spot.channels.welcome, { streams: [CANDLE] }, 1_000, (answer) => heard.push(answer));
    await settle();
    expect(heard).toMatchObject([{ welcomes: [{ place: { seq: 1 }, latest: [encode(open)] }] }]);
  });

  it('lets edges of other processes answer for a second before it begins, and hears what they want meanwhile', async () => {
    Object.assign(bus, { isShared: true });
    const starting = start();
    await settle();
    bus.messages.publish(spot.channels.reached, reached('one', markOf(5, 50)));
    clock.advance(TIMINGS.answersMs - 1);
    await settle();
    expect([sockets.length, said.length]).toEqual([0, 0]);
    clock.advance(1);
    await starting;
    expect(said[0]).toMatchObject(at(50));
  });

  it('does not begin after it was stopped while it waited', async () => {
    Object.assign(bus, { isShared: true });
    const upstream = newUpstream();
    const starting = upstream.start();
    await settle();
    await upstream.stop();
    await starting;
    expect(clock.pending).toBe(0);
    clock.advance(2_000);
    await settle();
    expect([sockets.length, said.length]).toEqual([0, 0]);
  });

  it('marks how far streams got once a second, where they moved, and forgets what is not wanted any more', async () => {
    const writes: string[][] = [];
    const write = bus.marks.write.bind(bus.marks);
    bus.marks.write = (key, marks) => {
      writes.push([...marks.keys()]);
      return write(key, marks);
    };
    await start();
    await flow(trades(5, 6));
    clock.advance(HEARTBEAT_EVERY_MS);
    await settle();
    const marks = await bus.marks.read(spot.channels.marks);
    expect(marks.get(TRADE)).toBe(
      encodeMark({ place: { ...placeOf(said.at(-1)) }, event: encode(said.at(-1) as never) }),
    );
    expect(decodeHeartbeat(marks.get('beat') ?? '')?.at).toBeGreaterThan(0);
    writes.length = 0;
    clock.advance(HEARTBEAT_EVERY_MS);
    await settle();
    expect(new Set(writes.flat())).toEqual(new Set(['beat']));
    sockets.at(-1)?.message(Buffer.from(trades(7).join()), false);
    clock.advance(HEARTBEAT_EVERY_MS);
    await settle();
    expect((await bus.marks.read(spot.channels.marks)).get(TRADE)).toBe(
      encodeMark({ place: placeOf(said.at(-1)), event: encode(said.at(-1) as never) }),
    );
    wanted = [];
    bus.messages.publish(spot.channels.demand, encodeDemand({ edge: 'e', streams: [] }));
    await settle();
    clock.advance(HEARTBEAT_EVERY_MS);
    await settle();
    expect([...(await bus.marks.read(spot.channels.marks)).keys()]).toEqual(['beat']);
  });

  it('writes no marks while the last ones are still on their way', async () => {
    let ends: (() => void)[] = [];
    bus.marks.write = () => new Promise<void>((end) => void ends.push(end));
    await start();
    clock.advance(5 * HEARTBEAT_EVERY_MS);
    expect(ends).toHaveLength(1);
    for (const end of ends) end();
    await settle();
    ends = [];
    clock.advance(HEARTBEAT_EVERY_MS);
    expect(ends).toHaveLength(1);
  });

  it('forgets after a minute the marks of streams that nobody wants any more', async () => {
    wanted = [];
    await bus.marks.write(spot.channels.marks, new Map([[TRADE, encodeMark(markOf(5, 50))]]));
    await start();
    clock.advance(59_000);
    await settle();
    expect([...(await bus.marks.read(spot.channels.marks)).keys()]).toContain(TRADE);
    clock.advance(3_000);
    await settle();
    expect([...(await bus.marks.read(spot.channels.marks)).keys()]).toEqual(['beat']);
    bus.messages.publish(spot.channels.demand, encodeDemand({ edge: 'late', streams: [TRADE] }));
    await settle();
    expect(said[0]).not.toHaveProperty('follows');
  });

  const placeOf = (event: StreamEvent | undefined): { epoch: number; seq: number } => ({
    epoch: event?.epoch ?? 0,
    seq: event?.seq ?? 0,
  });
  const beat = (epoch: number): void =>
    bus.messages.publish(spot.channels.heartbeat, encodeHeartbeat({ epoch, at: 1, places: new Map() }));
  const outlive = async (): Promise<void> => {
    for (let beats = 0; beats < 3 * HEARTBEATS_MISSED; beats += 1) {
      clock.advance(HEARTBEAT_EVERY_MS);
      await settle();
    }
  };

  it('follows its own last place in a new term that it took because edges had seen a phantom', async () => {
    await start();
    await flow(trades(5, 6));
    const last = placeOf(said.at(-1));
    said.length = 0;
    const demand = encodeDemand({ edge: 'e', streams: wanted, epoch: last.epoch + 1 });
    bus.messages.publish(spot.channels.demand, demand);
    await outlive();
    expect(said[0]).toMatchObject({ type: 'feed', state: 'live', seq: 1, follows: last });
  });

  it('cannot say what its new term follows where another upstream has lived between', async () => {
    await start();
    await flow(trades(5, 6));
    const { epoch } = placeOf(said.at(-1));
    said.length = 0;
    beat(epoch + 1);
    await outlive();
    expect(said[0]).toMatchObject({ type: 'feed', state: 'live', seq: 1 });
    expect(said[0]).not.toHaveProperty('follows');
  });

  it('recalls nothing for streams that are wanted later, where another upstream has lived between', async () => {
    const late = (): Promise<void> => {
      bus.messages.publish(spot.channels.demand, encodeDemand({ edge: 'late', streams: [TRADE] }));
      return settle();
    };
    wanted = [];
    answers = [reached('one', markOf(5, 50))];
    const upstream = await start();
    beat(upstream.streams.epoch + 1);
    await outlive();
    await late();
    expect(said[0]).toMatchObject({ seq: 1, cause: 'subscribing' });
    expect(said[0]).not.toHaveProperty('follows');
    await upstream.stop();
    said.length = 0;
    await start();
    await outlive();
    await late();
    expect(said[0]).toMatchObject(at(50));
  });
});

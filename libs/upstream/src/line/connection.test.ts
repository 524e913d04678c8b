import { beforeEach, describe, expect, it } from 'vitest';
import { duration } from '#libs/core';
import { type ControlRequest, decodeRequest, encodeAcknowledgement, encodeRefusal, spot } from '#libs/binance';
import { silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { Journal } from '../journal/journal.js';
import { Connection } from './connection.js';

const BOOK = 'btcusdt@bookTicker';
const OTHER = 'ethusdt@bookTicker';
const ANSWER_MS = 5_000;
const MINUTE = 60_000;

let clock: FakeClock;
let traffic: { frames: number; bytes: number };
let sent: ControlRequest[];
let told: string[];
let connection: Connection;

/** A connection whose URL named the one stream that is wanted, and whose list has not been asked for yet. */
beforeEach(() => {
  clock = new FakeClock();
  traffic = { frames: 0, bytes: 0 };
  sent = [];
  told = [];
  connection = new Connection({
    market: spot,
    record: new Journal(clock, silentLog).begin(1, 'demand', 'binance', 1),
    wanted: new Set([BOOK]),
    inUrl: [BOOK],
    refused: new Map(),
    mostStreams: 1_024,
    clock,
    answerMs: ANSWER_MS,
    traffic,
    tell: {
      send: (text) => {
        const request = decodeRequest(text);
        if (request.ok) sent.push(request.value);
      },
      live: () => void told.push('live'),
      drifted: ({ stream }) => void told.push(`drifted ${stream}`),
      unreadable: ({ code }, bytes, now) => void told.push(`unreadable ${code} ${bytes.length} ${now - clock.now()}`),
      shutdownComing: () => void told.push('shutdown'),
      settled: ({ is }, why) => void told.push(`${is}: ${why}`),
    },
  });
});

const read = (text: string): string | undefined => connection.read(Buffer.from(text), false, clock.now())?.stream;
const frame = (u: number, more = ''): string =>
  `{"stream":"${BOOK}","data":{"u":${u},"s":"BTCUSDT","b":"1.0","B":"2.0","a":"1.1","A":"3.0"${more}}}`;
const SHUTDOWN = '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}';
const asked = (): string[] =>
  sent.map((request) => [request.method, ...('params' in request ? request.params : [])].join(' '));
/** Binance accepts the newest request. */
const accept = (result: unknown = null): void => void read(encodeAcknowledgement(sent.at(-1)?.id ?? null, result));
const refuse = (): void =>
  void read(encodeRefusal({ id: sent.at(-1)?.id ?? null, code: 2, message: 'Invalid request' }));

describe('what comes over a connection', () => {
  it('is handed on where it is data, and is life when it comes for the first time', () => {
    expect([read(frame(1)), read(frame(2))]).toEqual([BOOK, BOOK]);
    expect(told).toEqual(['live']);
    expect(connection.dataAt).toBe(clock.now());
    clock.advance(10);
    read(frame(3));
    expect(connection.dataAt).toBe(clock.now());
  });

  it('is life, too, where it is only kept', () => {
    connection.pass(Buffer.from(frame(1)), 5);
    expect(told).toEqual(['live']);
    connection.pass(Buffer.from(frame(2)), 6);
    expect([told, connection.dataAt]).toEqual([['live'], 6]);
  });

  it('is counted, with its bytes, for the connection and for all, whatever it is', () => {
    const texts = [frame(1), frame(2), SHUTDOWN, 'junk'];
    for (const text of texts) read(text);
    connection.pass(Buffer.from(frame(3)), 0);
    const bytes = [...texts, frame(3)].join('').length;
    expect(traffic).toEqual({ frames: 5, bytes });
    expect(connection.record).toMatchObject({ frames: 5, bytes });
  });

  it('costs nothing but itself where it cannot be read', () => {
    expect([read('junk'), read(frame(1))]).toEqual([undefined, BOOK]);
    expect(told).toEqual(['unreadable not-json 4 0', 'live']);
  });

  it('is handed on and told where the documentation does not know all of it', () => {
    expect([read(frame(1)), read(frame(2, ',"new":1')), read(frame(3))]).toEqual([BOOK, BOOK, BOOK]);
    expect(told).toEqual(['live', `drifted ${BOOK}`]);
  });

  it('is handed on, and is life, where the documentation does not know it at all', () => {
    const unknown = 'btcusdt@somethingNew';
    expect(read(`{"stream":"${unknown}","data":{"e":"somethingNew","E":1}}`)).toBe(unknown);
    expect(told[0]).toBe('live');
  });

  it('is told where the server says goodbye, and is no data', () => {
    expect(read(SHUTDOWN)).toBeUndefined();
    expect([told, connection.dataAt]).toEqual([['shutdown'], undefined]);
  });
});

describe('a connection', () => {
  it('asks for Binance’s list first, and for what is not on it', () => {
    connection.pump();
    accept([]);
    clock.advance(250);
    accept();
    clock.advance(250);
    accept([BOOK]);
    expect(asked()).toEqual(['LIST_SUBSCRIPTIONS', `SUBSCRIBE ${BOOK}`, 'LIST_SUBSCRIPTIONS']);
    expect(told).toEqual(['mismatch: its list differs', 'done: its list differs', 'confirmed: its list differs']);
  });

  it('is in order since Binance’s list first held all that is wanted, and not while that changes', () => {
    connection.pump();
    expect(connection.isSynced).toBe(false);
    clock.advance(7);
    accept([BOOK]);
    const at = clock.now();
    expect([connection.confirmedAt, connection.isSynced]).toEqual([at, true]);
    connection.want(new Set([BOOK, OTHER]));
    expect([connection.confirmedAt, connection.isSynced]).toEqual([at, false]);
    clock.advance(1_000);
    accept();
    clock.advance(1_000);
    accept([BOOK, OTHER]);
    expect([connection.confirmedAt, connection.isSynced]).toEqual([at, true]);
  });

  it('is not in order while its list lacks what has been wanted since', () => {
    connection.pump();
    connection.want(new Set([BOOK, OTHER]));
    accept([BOOK]);
    expect([connection.confirmedAt, connection.isSynced]).toEqual([undefined, false]);
  });

  it('never has two requests under way, and keeps 250 ms between them', () => {
    connection.pump();
    connection.want(new Set([BOOK, OTHER]));
    clock.advance(1_000);
    expect(sent).toHaveLength(1);
    accept([BOOK]);
    expect(sent).toHaveLength(2);
    accept();
    connection.pump();
    connection.pump();
    clock.advance(249);
    expect(sent).toHaveLength(2);
    clock.advance(1);
    expect(asked()).toEqual(['LIST_SUBSCRIPTIONS', `SUBSCRIBE ${OTHER}`, 'LIST_SUBSCRIPTIONS']);
  });

  it('sends what is wanted then, not what was wanted when it had to wait', () => {
    connection.pump();
    accept([BOOK]);
    connection.want(new Set([BOOK, OTHER]));
    connection.want(new Set([OTHER]));
    clock.advance(250);
    expect(asked()[1]).toBe(`SUBSCRIBE ${OTHER}`);
  });

  it('counts its pongs against what it may send', () => {
    connection.pump();
    accept([BOOK]);
    clock.advance(600);
    for (let ping = 0; ping < 3; ping += 1) connection.beat('ping', clock.now());
    connection.want(new Set([BOOK, OTHER]));
    clock.advance(599);
    expect(sent).toHaveLength(1);
    clock.advance(1);
    expect(sent).toHaveLength(2);
  });

  it('does not count the pongs of Binance, which cost nothing', () => {
    for (let pong = 0; pong < 10; pong += 1) connection.beat('pong', clock.now());
    connection.pump();
    expect(sent).toHaveLength(1);
  });

  it('asks again for what is not answered in time, and is told to be hopeless after three', () => {
    connection.pump();
    clock.advance(ANSWER_MS - 1);
    expect(sent).toHaveLength(1);
    clock.advance(1);
    expect(sent).toHaveLength(2);
    clock.advance(2 * ANSWER_MS);
    const why = `no answer within ${duration(ANSWER_MS)}`;
    expect(told).toEqual([`unanswered: ${why}`, `unanswered: ${why}`, `hopeless: ${why}`]);
  });

  it('takes what was answered in time for answered', () => {
    connection.pump();
    clock.advance(ANSWER_MS - 1);
    accept([BOOK]);
    clock.advance(10 * ANSWER_MS);
    expect([told, sent.length]).toEqual([['confirmed: its list differs'], 1]);
  });

  it('says in Binance’s words why it refuses, and what it answers to nobody’s question changes nothing', () => {
    read(encodeAcknowledgement(77));
    connection.want(new Set([BOOK, OTHER]));
    refuse();
    read(encodeRefusal({ id: 99, code: 2, message: 'Invalid request' }));
    expect(told).toEqual(['refused: 2 Invalid request']);
  });

  it('subscribes again to what should come and does not, and compares the lists when it is told to', () => {
    connection.pump();
    accept([BOOK]);
    clock.advance(1_000);
    connection.renew(BOOK);
    expect(asked().at(-1)).toBe(`SUBSCRIBE ${BOOK}`);
    accept();
    clock.advance(1_000);
    accept([BOOK]);
    clock.advance(1_000);
    expect(sent).toHaveLength(3);
    connection.audit();
    expect(asked().slice(3)).toEqual(['LIST_SUBSCRIPTIONS']);
  });

  it('that is over sends nothing, takes no answer and leaves no timer', () => {
    connection.pump();
    accept([BOOK]);
    connection.want(new Set([BOOK, OTHER]));
    connection.end();
    connection.pump();
    clock.advance(MINUTE);
    expect([sent.length, clock.pending]).toEqual([1, 0]);
    told.length = 0;
    accept([BOOK]);
    expect([told, sent.length]).toEqual([[], 1]);
  });

  it('that is over while it waits for an answer is not told that there was none', () => {
    connection.pump();
    connection.end();
    expect(clock.pending).toBe(0);
    clock.advance(MINUTE);
    accept([BOOK]);
    connection.want(new Set([OTHER]));
    expect([told, sent.length]).toEqual([[], 1]);
  });
});

describe('a connection is silent', () => {
  const isSilent = (): boolean => connection.isSilent(clock.now(), 1_000);

  it('when nothing of any kind has come for so long: no message, no ping, no pong', () => {
    const signs = [
      () => read(frame(1)),
      () => read('junk'),
      () => connection.pass(Buffer.from('x'), clock.now()),
      () => connection.beat('ping', clock.now()),
      () => connection.beat('pong', clock.now()),
    ];
    for (const sign of [() => undefined, ...signs]) {
      sign();
      clock.advance(999);
      expect(isSilent()).toBe(false);
      clock.advance(1);
      expect(isSilent()).toBe(true);
    }
  });

  it('but is not judged for a while after our own process stood still, and may then end for our own sake', () => {
    expect(connection.mayBlameStall(clock.now())).toBe(false);
    clock.jump(20_000);
    connection.stalled(clock.now(), 10_000);
    clock.advance(9_999);
    expect(isSilent()).toBe(false);
    clock.advance(1);
    expect(isSilent()).toBe(true);
    clock.advance(80_000);
    expect(connection.mayBlameStall(clock.now())).toBe(true);
    clock.advance(1);
    expect(connection.mayBlameStall(clock.now())).toBe(false);
  });
});

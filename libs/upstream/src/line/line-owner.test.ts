import { beforeEach, describe, expect, it } from 'vitest';
import { duration } from '#libs/core';
import { encodeAcknowledgement, encodeRefusal } from '#libs/binance';
import { TIMINGS } from '../timings.js';
import { BOOK, LineBench, OTHER } from './line.rig.js';

let bench: LineBench;
beforeEach(() => {
  bench = new LineBench();
});

describe('an owner is told', () => {
  it('what Binance is known to carry', async () => {
    await bench.openLine();
    bench.hear(encodeAcknowledgement(1, [BOOK, OTHER]));
    expect(bench.told).toEqual([`carries ${BOOK} ${OTHER}`]);
    bench.hear(encodeAcknowledgement(1, [BOOK]));
    expect(bench.told).toHaveLength(1);
    expect(bench.logged).toEqual([]);
  });

  it('that the list lacks a stream not at all: it is asked for again, and the log says so', async () => {
    await bench.openLine();
    bench.hear(encodeAcknowledgement(1, [BOOK]));
    await bench.pass(250);
    expect(bench.asked.at(-1)).toBe(`SUBSCRIBE ${OTHER}`);
    expect(bench.logged).toEqual(['line.request-failed 1 1 its list differs']);
  });

  it('which streams Binance refuses, in its words; they are not in the next URL', async () => {
    const line = await bench.openLine();
    bench.hear(encodeAcknowledgement(1, [BOOK, OTHER]));
    line.want(new Set([BOOK, OTHER, 'nosuch@trade']));
    await bench.pass(250);
    bench.told.length = 0;
    bench.hear(encodeRefusal({ id: 2, code: 2, message: 'Invalid stream' }));
    expect(bench.told).toEqual([`carries ${BOOK} ${OTHER}`, 'refused nosuch@trade: 2 Invalid stream']);
    expect(bench.logged).toEqual(['line.request-failed 1 1 nosuch@trade: 2 Invalid stream']);
    bench.drop();
    await bench.pass(1);
    expect(bench.urls[1]).toContain(`streams=${BOOK}/${OTHER}`);
    expect(bench.urls[1]).not.toContain('nosuch');
  });

  it('which streams are acknowledged and never listed, however often', async () => {
    await bench.openLine();
    for (let id = 1; id < 6; id += 1) {
      bench.hear(encodeAcknowledgement(id, id % 2 === 0 ? null : []));
      await bench.pass(1_000);
    }
    expect(bench.told.at(-1)).toBe(`refused ${BOOK} ${OTHER}: acknowledged, and not on its list`);
    expect(bench.logged.at(-1)).toBe(`line.request-failed 1 1 ${BOOK}, ${OTHER}: acknowledged, and not on its list`);
  });

  it('that a connection which answers nothing cannot be trusted', async () => {
    await bench.openLine();
    await bench.pass(3 * TIMINGS.answerMs);
    const why = `no answer within ${duration(TIMINGS.answerMs)}`;
    expect(bench.told.filter((what) => what !== 'carries ')).toEqual([`distrusted tainted: ${why}`]);
    expect(bench.logged).toEqual([`line.request-failed 1 1 ${why}`, `line.request-failed 1 1 ${why}`]);
  });

  it('that one whose server says goodbye cannot, nor one that brings what is no UTF-8', async () => {
    await bench.openLine();
    bench.hear('{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}');
    bench.events.message(Buffer.from([0x7b, 0xff, 0x7d]), false);
    expect(bench.told).toEqual([
      'distrusted server-shutdown: its server is shutting down',
      'distrusted tainted: bad frames: bad-utf8',
    ]);
    expect(bench.problems.quarantine.read()).toMatchObject([
      { code: 'bad-utf8', generation: 1, at: bench.clock.now() },
    ]);
  });

  it('nothing of one bad frame or of a new field; they are kept to be looked at', async () => {
    await bench.openLine();
    bench.hear('junk');
    bench.hear(`{"stream":"${BOOK}","data":{"u":1,"s":"BTCUSDT","b":"1.0","B":"2.0","a":"1.1","A":"3.0","new":1}}`);
    expect(bench.told).toEqual([]);
    expect([bench.problems.quarantine.read().length, bench.problems.drift.count]).toEqual([1, 1]);
  });

  it('that data flows by the journal alone, once', async () => {
    await bench.openLine();
    bench.bringData();
    bench.bringData();
    expect(bench.logged).toEqual(['line.live 1 1']);
    expect(bench.journal.read()).toMatchObject([{ from: 'here', to: 'there', frames: 2 }]);
  });

  it('how an attempt ended, and what it does about it is written down', async () => {
    const line = await bench.openLine();
    bench.then = { do: 'retry', inMs: 0 };
    bench.events.closed({ code: 1001, reason: 'bye' });
    expect([bench.told, bench.waits, line.connection]).toEqual([['ended peer going-away'], [0], undefined]);
    expect(bench.journal.read()).toMatchObject([{ closedBy: 'binance', code: 1001, then: 'next attempt in 0.0 s' }]);
  });

  it('which requests an ended connection was waiting for not at all, nor is anything sent for it', async () => {
    await bench.openLine();
    bench.drop();
    // The next attempt.
    expect(bench.clock.pending).toBe(1);
    bench.told.length = 0;
    await bench.pass(3 * TIMINGS.answerMs);
    expect(bench.told).toEqual([]);
  });
});

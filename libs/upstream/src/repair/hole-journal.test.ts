import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { streamOf } from '../../../../test/support/series-rig.js';
import type { Hole } from '../streams/order/order.js';
import type { RepairEnd } from '../streams/repair-desk.js';
import { HoleJournal } from './hole-journal.js';

const HOST = 'https://an.exchange';
const hole = (from: number, to?: number): Hole => ({
  from,
  ...(to !== undefined && { to }),
  upTo: Infinity,
  since: 0,
  reason: 'skipped',
});
const late = { reason: 'late', why: 'it was not to be had in time' } as const;

/** A journal, and what it hands on. */
function newJournal(host: string | undefined = HOST): { journal: HoleJournal; took: RepairEnd[]; clock: FakeClock } {
  const took: RepairEnd[] = [];
  const clock = new FakeClock(5_000);
  return { journal: new HoleJournal(clock, host, (end) => took.push(end)), took, clock };
}

describe('holes, as operators see them', () => {
  it('are counted by stream where they were announced, for so many streams', () => {
    const { journal } = newJournal();
    for (let id = 0; id < 3; id += 1) journal.missed(streamOf('btcusdt@trade'), hole(id * 10, id * 10 + 1), late);
    expect([journal.announcedOf('btcusdt@trade'), journal.announcedOf('ethusdt@trade')]).toEqual([3, 0]);
    for (let nth = 0; nth < 2_001; nth += 1) journal.missed(streamOf(`s${nth}usdt@trade`), hole(1, 2), late);
    expect([journal.announcedOf('btcusdt@trade'), journal.announcedOf('s2000usdt@trade')]).toEqual([0, 1]);
  });

  it('are counted by who closed them, with events and the mean time that it took', () => {
    const { journal, took } = newJournal();
    const ends = [
      { by: 'history', events: 3, ms: 100 },
      { by: 'line', events: 0, ms: 7 },
      { by: 'history', events: 2, ms: 301 },
    ];
    for (const end of ends) journal.ended(end);
    expect(journal.read()['closed']).toEqual([
      { by: 'history', holes: 2, events: 5, meanMs: 201 },
      { by: 'line', holes: 1, events: 0, meanMs: 7 },
    ]);
    expect(took).toEqual(ends);
  });

  it('that were announced are named, the newest first, each with what fetches it by hand', () => {
    const { journal, clock } = newJournal();
    journal.missed(streamOf('btcusdt@trade'), hole(5, 9), late);
    clock.setWall(1_000);
    journal.missed(streamOf('btcusdt@kline_1d@+08:00'), hole(86_400_000), { reason: 'full', why: 'too many' });
    expect(journal.read()).toEqual({
      closed: [],
      announced: { late: 1, full: 1 },
      newest: [
        {
          stream: 'btcusdt@kline_1d@+08:00',
          missing: { from: 86_400_000, to: 86_400_000 },
          at: 6_000,
          reason: 'full',
          why: 'too many',
          url: `${HOST}/api/v3/klines?symbol=BTCUSDT&interval=1d&startTime=86400000&limit=1000&timeZone=%2B08%3A00`.replace(
            '%2B08%3A00',
            encodeURIComponent(streamOf('btcusdt@kline_1d@+08:00').offset?.slice(1) ?? ''),
          ),
        },
        {
          stream: 'btcusdt@trade',
          missing: { from: 5, to: 9 },
          at: 5_000,
          ...late,
          url: `${HOST}/api/v3/historicalTrades?symbol=BTCUSDT&fromId=5&limit=1000`,
        },
      ],
    });
  });

  it('have nothing that fetches them where there is no history, or no address of it', () => {
    const urls = [
      [newJournal().journal, 'btcusdt@depth'],
      [newJournal('').journal, 'btcusdt@trade'],
      [new HoleJournal(new FakeClock(), undefined, () => undefined), 'btcusdt@trade'],
    ] as const;
    const read = urls.map(([journal, name]) => {
      journal.missed(streamOf(name), hole(1, 2), late);
      return (journal.read()['newest'] as { url: string | null }[])[0]?.url;
    });
    expect(read).toEqual([null, '/api/v3/historicalTrades?symbol=BTCUSDT&fromId=1&limit=1000', null]);
  });

  it('are remembered two hundred at most, and counted all', () => {
    const { journal } = newJournal();
    for (let at = 1; at <= 201; at += 1) journal.missed(streamOf('btcusdt@trade'), hole(at, at), late);
    const { newest, announced } = journal.read() as { newest: { missing: { from: number } }[]; announced: object };
    expect([newest.length, newest[0]?.missing.from, newest.at(-1)?.missing.from]).toEqual([200, 201, 2]);
    expect(announced).toEqual({ late: 201 });
  });
});

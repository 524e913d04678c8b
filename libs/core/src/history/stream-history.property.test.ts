import { describe, expect, it } from 'vitest';
import { seeded } from '../../../../test/support/seeded.js';
import { HistoryShelf } from './history-shelf.js';
import type { StreamHistory } from './stream-history.js';

const STREAM_BYTES = 20_000;
const TOTAL_BYTES = 50_000;
const AGE_MS = 60_000;

const trade = (seq: number, epoch = 7, bytes = 60): string =>
  `{"type":"trade","stream":"a@trade","epoch":${epoch},"seq":${seq},"more":"`.padEnd(bytes, 'x') + '"}';

const seqs = (texts: readonly string[]): number[] => texts.map((text) => (JSON.parse(text) as { seq: number }).seq);

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

const newShelf = (more: Partial<ConstructorParameters<typeof HistoryShelf>[0]> = {}): HistoryShelf =>
  new HistoryShelf({ streamBytes: STREAM_BYTES, totalBytes: TOTAL_BYTES, ageMs: AGE_MS, ...more });

const opened = (shelf: HistoryShelf): StreamHistory => {
  const history = shelf.open();
  if (!history) throw new Error('nothing is kept');
  return history;
};

const sizeOf = (history: StreamHistory): number => history.kept.join('').length;

describe('what is kept of streams', () => {
  it.each([1, 2, 3])(
    'is their newest messages with none missing, within what one and what all may take: seed %i',
    (seed) => {
      const random = seeded(seed);
      const shelf = newShelf();
      const streams = upTo(1, 5).map(() => ({ history: opened(shelf), seq: 0 }));
      for (let step = 0; step < 3_000; step += 1) {
        const stream = streams[Math.floor(random() ** 2 * streams.length)] ?? streams[0];
        if (!stream) continue;
        stream.history.take(trade((stream.seq += 1), 7, 60 + Math.floor(random() * 900)));
        if (random() < 0.002) stream.history.clear();
        const kept = seqs(stream.history.kept);
        expect(kept).toEqual(upTo(stream.seq - kept.length + 1, stream.seq));
        const sizes = streams.map(({ history }) => sizeOf(history));
        expect(streams.map(({ history }) => history.bytes)).toEqual(sizes);
        expect(shelf.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
        expect(Math.max(...sizes)).toBeLessThanOrEqual(STREAM_BYTES);
        expect(shelf.bytes).toBeLessThanOrEqual(TOTAL_BYTES);
      }
    },
  );

  it('is hardly less than may be', () => {
    const shelf = newShelf();
    const history = opened(shelf);
    for (let seq = 1; seq <= 1_000; seq += 1) history.take(trade(seq));
    expect(history.bytes).toBeGreaterThan(0.9 * STREAM_BYTES);
  });

  it('is taken from those of which most is kept, where all together are too much', () => {
    const shelf = newShelf();
    const [small, ...large] = upTo(1, 4).map(() => opened(shelf));
    for (let seq = 1; seq <= 10; seq += 1) small?.take(trade(seq));
    for (let seq = 1; seq <= 500; seq += 1) for (const one of large) one.take(trade(seq));
    expect(seqs(small?.kept ?? [])).toEqual(upTo(1, 10));
    for (const one of large) expect(one.bytes).toBeGreaterThan(TOTAL_BYTES / 5);
  });

  it('goes when it has become too old, and nothing goes sooner', () => {
    const shelf = newShelf();
    const history = opened(shelf);
    let now = 0;
    let seq = 0;
    const agesOf = new Map<number, number>();
    for (let look = 0; look < 60; look += 1) {
      for (const one of [1, 2, 3]) {
        seq += 1;
        agesOf.set(seq, now);
        history.take(trade(seq));
        now += one * 100;
      }
      now += shelf.lookEveryMs - 600;
      shelf.look(now);
      const ages = seqs(history.kept).map((one) => now - (agesOf.get(one) ?? 0));
      const young = [...agesOf].filter(([, at]) => now - at < AGE_MS).map(([one]) => one);
      expect(seqs(history.kept)).toEqual(expect.arrayContaining(young));
      expect(Math.max(...ages)).toBeLessThanOrEqual(AGE_MS + shelf.lookEveryMs);
    }
    for (let look = 0; look < 20; look += 1) shelf.look((now += shelf.lookEveryMs));
    expect([history.kept, shelf.bytes]).toEqual([[], 0]);
    history.take(trade(seq + 1));
    expect(seqs(history.kept)).toEqual([seq + 1]);
  });

  it('takes what came before it in, as young as what comes now, and where there is no room for it stays as it is', () => {
    const shelf = newShelf({ streamBytes: 1_000 });
    const history = opened(shelf);
    for (const seq of [5, 6]) history.take(trade(seq));
    shelf.look(1);
    expect(history.putBefore([3, 4].map((seq) => trade(seq)))).toBe(true);
    expect([seqs(history.kept), shelf.bytes]).toEqual([upTo(3, 6), sizeOf(history)]);
    expect(history.putBefore([trade(2, 7, 900)])).toBe(false);
    shelf.look(1 + AGE_MS);
    expect(seqs(history.kept)).toEqual(upTo(3, 6));
    shelf.look(1 + 2 * AGE_MS);
    expect(history.kept).toEqual([]);
  });

  it('is nothing of streams that nobody wants any more, whatever is still taken', () => {
    const shelf = newShelf();
    const history = opened(shelf);
    history.take(trade(1));
    history.close();
    history.take(trade(2));
    expect([history.kept, history.putBefore([trade(0)]), shelf.bytes]).toEqual([[], false, 0]);
    shelf.look(1);
    shelf.makeRoom();
  });

  it('is nothing where it may take nothing', () => {
    expect([newShelf({ streamBytes: 0 }).open(), newShelf({ totalBytes: 0 }).open()]).toEqual([undefined, undefined]);
  });

  describe('is found', () => {
    let history: StreamHistory;
    const feed = (epoch: number, seq: number, by: string): string =>
      `{"type":"feed","stream":"a@trade","epoch":${epoch},"seq":${seq},"by":"${by}"}`;
    const missed = (epoch: number, after: number, to: number, mostLetters = 1_000_000): number[] =>
      seqs(history.missed({ stream: 'a@trade', epoch, after, to }, mostLetters));
    it.each([0, 1, 40])('behind a place and between two, with %i that are gone', (gone) => {
      history = opened(newShelf({ streamBytes: 6 * 62 }));
      for (let seq = 1; seq <= gone; seq += 1) history.take(trade(seq, 6));
      history.clear();
      for (const text of [trade(3), trade(4), feed(7, 5, 'upstream'), feed(8, 1, 'upstream'), trade(2, 8)])
        history.take(text);
      expect(history.oldest).toBe(trade(3));
      const behind = (epoch: number, seq: number): number[] => seqs(history.behind({ epoch, seq }));
      expect([behind(7, 2), behind(7, 4), behind(7, 9), behind(8, 2), behind(0, 0)]).toEqual([
        [3, 4, 5, 1, 2],
        [5, 1, 2],
        [1, 2],
        [],
        [3, 4, 5, 1, 2],
      ]);
      expect([missed(7, 2, 5), missed(7, 3, 4), missed(8, 0, 2)]).toEqual([[3, 4, 5], [4], [1, 2]]);
    });

    it('whole or not at all, but for what is more than one answer holds, and never an edge’s own words', () => {
      history = opened(newShelf());
      for (const text of [trade(3), trade(4), feed(7, 4, 'edge'), trade(5), feed(8, 1, 'edge'), trade(4, 8)])
        history.take(text);
      expect([missed(7, 1, 5), missed(7, 3, 6), missed(8, 0, 4), missed(8, 3, 4)]).toEqual([[], [], [], [4]]);
      expect(missed(7, 2, 5)).toEqual([3, 4, 5]);
      expect([missed(7, 2, 5, 130), missed(7, 2, 5, 10)]).toEqual([[3, 4], [3]]);
    });
  });
});

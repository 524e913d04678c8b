import { expect, it } from 'vitest';
import { linesOf, ofBinance } from '../../../../test/support/recordings.js';
import type { Level } from '../words/event.js';
import { Book } from './book.js';

interface Frame {
  stream: string;
  data: { u: number; U: number; b: string & Level[]; B: string; a: string & Level[]; A: string };
}

const frames = ofBinance('spot-hft-btcusdt_20240808.jsonl');
const answers = ofBinance('rest-depth-hft-btcusdt_20240808.jsonl');

it.skipIf(!frames || !answers)(
  'a recorded book has after each diff the best prices that Binance told at the time, 528 times of 528',
  () => {
    const all = linesOf(frames!).map((line) => JSON.parse(line) as Frame);
    const { body } = JSON.parse(linesOf(answers!)[0]!) as {
      body: { lastUpdateId: number; bids: Level[]; asks: Level[] };
    };
    const tops = all.filter(({ stream }) => stream.endsWith('@bookTicker')).map(({ data }) => data);
    const book = new Book();
    book.take({ ...body, bidsTo: body.bids.at(-1)![0], asksTo: body.asks.at(-1)![0] });
    let compared = 0;
    for (const { stream, data } of all) {
      if (!stream.includes('@depth') || data.u <= book.id) continue;
      expect(data.U).toBeLessThanOrEqual(book.id + 1);
      expect(book.apply({ lastUpdateId: data.u, bids: data.b, asks: data.a })).toEqual({ bids: [], asks: [] });
      const top = tops.findLast(({ u }) => u <= book.id);
      if (!top) continue;
      compared += 1;
      const { bids, asks } = book.levels(1);
      expect({ bids, asks }).toEqual({ bids: [[top.b, top.B]], asks: [[top.a, top.A]] });
    }
    expect(compared).toBe(528);
  },
);

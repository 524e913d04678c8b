import { expect, it } from 'vitest';
import { SAMPLE, SAMPLE_BOOKS, linesOf, ofBinance } from '../../../../test/support/recordings.js';
import type { Level } from '../words/event.js';
import { Book } from './book.js';

interface Frame {
  stream: string;
  data: { u: number; U: number; b: string & Level[]; B: string; a: string & Level[]; A: string };
}

const SAMPLED = { name: SAMPLE.name, frames: SAMPLE, answers: SAMPLE_BOOKS, times: 137 };

const frames = ofBinance('spot-hft-btcusdt_20240808.jsonl');
const answers = ofBinance('rest-depth-hft-btcusdt_20240808.jsonl');
const OF_BINANCE = frames && answers ? [{ name: frames.name, frames, answers, times: 528 }] : [];

it.each([SAMPLED, ...OF_BINANCE])(
  'the book of $name has after each diff the best prices that were told at the time, $times times of $times',
  ({ frames, answers, times }) => {
    const all = linesOf(frames).map((line) => JSON.parse(line) as Frame);
    const { body } = JSON.parse(linesOf(answers)[0]!) as {
      body: { lastUpdateId: number; bids: Level[]; asks: Level[] };
    };
    const tops = all.filter(({ stream }) => stream.endsWith('@bookTicker')).map(({ data }) => data);
    const book = new Book();
    // 1,000 levels were asked for: fewer are the whole side.
    const reach = body.bids.length < 1_000 ? {} : { bidsTo: body.bids.at(-1)![0], asksTo: body.asks.at(-1)![0] };
    book.take({ ...body, ...reach });
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
    expect(compared).toBe(times);
  },
);

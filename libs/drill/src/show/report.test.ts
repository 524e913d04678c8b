import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { StreamSummary, Summary } from '../audit/summary.js';
import { type DrillOutcome, reportOf, verdictOf } from './report.js';
import { tableOf } from './table.js';

const clean: StreamSummary = {
  stream: 'btcusdt@trade',
  clients: 3,
  messages: 900,
  missing: 0,
  gaps: 0,
  unannounced: 0,
  doubled: 0,
  reordered: 0,
  brokenPlaces: 0,
};

const outcome = (stream: Partial<StreamSummary>, more: Partial<Summary> = {}): DrillOutcome => ({
  lastedMs: 20_000,
  summary: {
    clients: { native: 1, raw: 1, combined: 1 },
    messages: 900,
    disconnects: 0,
    streams: [{ ...clean, ...stream }],
    ...more,
  },
  incidents: ['close', 'close', 'reset'],
  journal: [],
  violations: [],
});

describe('the verdict', () => {
  it('passes what was lost but announced, and says how much it was', () => {
    expect(verdictOf(outcome({ missing: 1_204, gaps: 3 }))).toEqual({
      isGood: true,
      sentence:
        'PASSED. 3 clients, 900 messages, 3 incidents of 2 kinds: no client was disconnected, ' +
        'nothing came twice or out of order, every one of the 1,204 ids lost on the way was announced.',
    });
  });

  it.each([
    ['a client that was disconnected', outcome({}, { disconnects: 1 }), '1 client disconnects'],
    ['an id that came twice', outcome({ doubled: 2 }), '2 doubled ids'],
    ['an id out of order', outcome({ reordered: 3 }), '3 reordered ids'],
    ['a gap nobody announced', outcome({ missing: 4, unannounced: 4 }), '4 unannounced missing ids'],
    ['a broken seq', outcome({ brokenPlaces: 5 }), '5 broken places'],
    ['silence', outcome({}, { messages: 0 }), 'not one message arrived'],
    ['a broken rule of Binance', { ...outcome({}), violations: ['too fast'] }, '1 broken rules of Binance'],
  ])('fails on %s', (_, seen, words) => {
    const { isGood, sentence } = verdictOf(seen);
    expect(isGood).toBe(false);
    expect(sentence).toContain(words);
  });
});

describe('the report', () => {
  it('ends with the verdict and has a line for every attempt', () => {
    const row = { attempt: 1, generation: 1, why: 'demand', streams: 20, frames: 1_234, startedAt: 0, openedAt: 5 };
    const lines = reportOf({
      ...outcome({}),
      journal: [{ ...row, closedAt: 3_005, livedMs: 3_000, closedBy: 'binance', code: 1000, cause: 'closed' }],
    }).map(stripVTControlCharacters);
    expect(lines.at(-1)).toMatch(/^PASSED\. 3 clients/);
    expect(lines.find((line) => line.includes('demand'))).toMatch(
      /1 +1 +demand +20 +3\.0 s +1,234 +binance +1000 +closed/,
    );
  });

  it('keeps columns straight beside wide characters', () => {
    const rows = [{ name: '币安人生' }, { name: 'btc' }];
    const lines = tableOf(
      [
        { title: 'n', cell: ({ name }) => name },
        { title: 'x', cell: () => '|' },
      ],
      rows,
    );
    expect(lines.slice(2)).toEqual(['币安人生  |', 'btc       |']);
  });
});

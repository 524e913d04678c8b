import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import type { StreamSummary, Summary } from '../audit/summary.js';
import { type DrillOutcome, reportOf, verdictOf } from './report.js';

const clean: StreamSummary = {
  stream: 'btcusdt@trade',
  clients: 3,
  messages: 900,
  missing: 0,
  gaps: 0,
  filled: 0,
  fillMs: [],
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
    wrong: 0,
    wrongs: [],
    ...more,
  },
  incidents: ['close', 'close', 'reset'],
  journal: [],
  violations: [],
});

describe('the verdict', () => {
  it('fails on a missing id, announced or not', () => {
    const newestGap = 'btcusdt@trade, by the upstream, ids-missing: 1,204 ids missing: history: 404';
    const { isGood, sentence } = verdictOf({ ...outcome({ missing: 1_204, gaps: 3 }), newestGap });
    expect([isGood, sentence]).toEqual([
      false,
      expect.stringContaining(`1,204 missing ids. Newest gap: ${newestGap}.`),
    ]);
  });

  it('says how much was filled and how fast', () => {
    const { isGood, sentence } = verdictOf(outcome({ filled: 1_204, fillMs: [300, 100, 2_000] }));
    expect([isGood, sentence]).toEqual([
      true,
      expect.stringContaining(
        'nothing was missing; 1,204 ids were fetched and came in their place, streams were whole again after 0.3 s (the median of 3 times; at most 2.0 s).',
      ),
    ]);
  });

  it('passes what was lost but announced where that is allowed, and says how much it was', () => {
    const strictness = 'gaps may be announced';
    expect(verdictOf({ ...outcome({ missing: 1_204, gaps: 3 }), strictness })).toEqual({
      isGood: true,
      sentence:
        'PASSED. 3 clients, 900 messages, 3 incidents of 2 kinds: no client was disconnected, ' +
        'nothing came twice or out of order, every one of the 1,204 ids lost on the way was announced.',
    });
  });

  it.each([
    ['a client that was disconnected', outcome({}, { disconnects: 1 }), '1 client disconnect'],
    ['an id that came twice', outcome({ doubled: 2 }), '2 doubled ids'],
    ['an id out of order', outcome({ reordered: 3 }), '3 reordered ids'],
    [
      'a gap nobody announced',
      { ...outcome({ missing: 4, unannounced: 4 }), strictness: 'gaps may be announced' as const },
      '4 unannounced missing ids',
    ],
    [
      'one where none may be, either',
      outcome({ missing: 5, unannounced: 4 }),
      '5 missing ids, 4 unannounced missing ids',
    ],
    ['what was not true', outcome({}, { wrong: 2, wrongs: ['a', 'b'] }), '2 things that were not true'],
    ['a broken seq', outcome({ brokenPlaces: 5 }), '5 broken places'],
    ['silence', outcome({}, { messages: 0 }), 'not one message arrived'],
    ['a broken rule of Binance', { ...outcome({}), violations: ['too fast'] }, '1 broken rule of Binance'],
  ])('fails on %s', (_, seen, words) => {
    const { isGood, sentence } = verdictOf(seen);
    expect(isGood).toBe(false);
    expect(sentence).toContain(words);
  });
});

describe('the report', () => {
  it('ends with the verdict and has a line for every attempt', () => {
    const row = {
      attempt: 1,
      generation: 1,
      why: 'demand',
      streams: 20,
      frames: 1_234,
      bytes: 0,
      startedAt: 0,
      openedAt: 5,
    };
    const lines = reportOf({
      ...outcome({}),
      journal: [{ ...row, closedAt: 3_005, livedMs: 3_000, closedBy: 'binance', code: 1000, cause: 'closed' }],
    }).map(stripVTControlCharacters);
    expect(lines.at(-1)).toMatch(/^PASSED\. 3 clients/);
    expect(lines.find((line) => line.includes('demand'))).toMatch(
      /1 +1 +demand +20 +3\.0 s +1,234 +Binance +1000 +closed/,
    );
  });

  it.each([80, 140])('fits a terminal of %i columns: what matters stays, long texts are clipped', (width) => {
    const row = {
      attempt: 1_234,
      generation: 12,
      why: 'reconnect',
      streams: 1_024,
      frames: 1_234_567,
      bytes: 0,
      startedAt: 0,
    };
    const reason = 'Invalid UTF-8 code encountered in the middle of it.';
    const lines = reportOf(
      {
        ...outcome({ stream: '币安人生usdt@depth@100ms', missing: 4_878, gaps: 108, messages: 1_234_567 }),
        journal: [
          { ...row, closedBy: 'transport', code: 1007, cause: 'bad-data', reason, then: 'next attempt in 0.2 s' },
        ],
      },
      width,
    ).map(stripVTControlCharacters);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
    expect(lines.find((line) => line.includes('reconnect'))).toMatch(/1,234 .*the network +1007 +bad-data +Invalid/);
    expect(lines.find((line) => line.includes('4,878'))).toMatch(/^币安人生usdt@dep.* 4,878 +0 +108 +0 +0 +0 +0$/);
  });
});

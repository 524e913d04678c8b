import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Scene, viewOf } from './view.js';

const scene = (more: Partial<Scene>): Scene => ({
  title: 'a demo',
  elapsedMs: 83_000,
  forMs: 90_000,
  prices: [],
  feeds: { live: 40, recovering: 2, stale: 0 },
  upstream: 'connected',
  clients: 50,
  connected: 50,
  perSecond: 2_500,
  told: [],
  summary: { clients: { native: 25, raw: 13, combined: 12 }, messages: 12_345, disconnects: 0, streams: [] },
  ...more,
});

const linesOf = (more: Partial<Scene>): string[] => viewOf(scene(more)).map(stripVTControlCharacters);

describe('the screen of a demo', () => {
  it('keeps its height however many incidents there were, and shows the newest of them', () => {
    const told = Array.from({ length: 30 }, (_, index) => ({
      atMs: index * 1_000,
      what: `incident ${index}`,
      end: 'over',
    }));
    expect(linesOf({ told })).toHaveLength(linesOf({}).length);
    expect(linesOf({ told }).some((line) => line.includes('incident 29'))).toBe(true);
    expect(linesOf({ told }).some((line) => line.includes('incident 3 '))).toBe(false);
  });

  it('says how long it has run and how things are', () => {
    const text = linesOf({ connected: 49 }).join('\n');
    for (const words of [
      '1:23 of 1:30',
      '40 live',
      '2 recovering',
      '49 of 50 connected',
      '12,345 messages',
      '2,500/s',
    ]) {
      expect(text).toContain(words);
    }
  });
});

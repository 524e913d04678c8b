import { describe, expect, it } from 'vitest';
import { DriftLog } from './drift-log.js';
import { Quarantine } from './quarantine.js';
import { Taint } from './taint.js';

describe('the quarantine', () => {
  it('keeps the newest, shows the bytes around the trouble, and does not grow', () => {
    const quarantine = new Quarantine();
    const bytes = Buffer.alloc(100_000, 0x61);
    bytes.set([0xff], 50_000);
    for (let at = 0; at < 1_000; at += 1) quarantine.add({ code: 'bad-utf8', message: 'x', at: 50_000 }, bytes, 1, at);
    expect(quarantine.read()).toHaveLength(100);
    const newest = quarantine.read().at(-1);
    expect(newest).toMatchObject({ at: 999, size: 100_000, from: 49_744 });
    expect(newest?.hex.slice(2 * 256, 2 * 257)).toBe('ff');
    expect(newest?.hex).toHaveLength(1_024);
  });
});

describe('drift', () => {
  it('is counted always and sampled once per kind, for so many kinds', () => {
    const news: string[] = [];
    const drift = new DriftLog(({ where }) => news.push(where));
    const frame = { kind: 'unknown', stream: 's', data: { e: 'new' }, drift: [] } as const;
    for (let at = 0; at < 10; at += 1) drift.note([{ what: 'event', where: 'new' }], frame, at);
    expect([drift.count, drift.read().length, news]).toEqual([10, 1, ['new']]);
    expect(drift.read()[0]).toMatchObject({ count: 10, firstAt: 0, lastAt: 9, sample: '{"e":"new"}' });
    for (let at = 0; at < 1_000; at += 1) drift.note([{ what: 'field', where: `f${at}` }], frame, at);
    expect([drift.count, drift.read().length]).toEqual([1_010, 200]);
  });
});

describe('taint', () => {
  it('follows one bad UTF-8 text, but no number of frames whose shape has changed', () => {
    expect(new Taint().note('bad-utf8', 0)).toBe(true);
    const taint = new Taint();
    for (let at = 0; at < 1_000; at += 1) expect(taint.note('wrong-shape', at)).toBe(false);
  });

  it('follows five texts that are no JSON within a minute, and no number of them that is spread over hours', () => {
    const [burst, spread] = [new Taint(), new Taint()];
    const said = [0, 15_000, 30_000, 45_000, 60_000].map((at) => burst.note('not-json', at));
    expect(said).toEqual([false, false, false, false, true]);
    for (let at = 0; at < 1_000; at += 1) expect(spread.note('not-json', at * 20_000)).toBe(false);
  });

  it('is not said again and again while trouble goes on', () => {
    const taint = new Taint();
    let replaced = 0;
    for (let second = 0; second < 3_600; second += 1) if (taint.note('bad-utf8', second * 1_000)) replaced += 1;
    expect(replaced).toBeLessThanOrEqual(6);
    expect(taint.note('bad-utf8', 86_400_000)).toBe(true);
  });
});

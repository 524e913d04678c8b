import { describe, expect, it } from 'vitest';
import { linePlot, ratioPlot } from './plot.js';
import { spread } from './statistics.js';

describe('pictures of a benchmark', () => {
  it('shows each ratio with what it stands beside, its range and its number', () => {
    const times = spread([1.1, 1.2, 1.45]);
    const svg = ratioPlot('mixed', [{ what: 'CPU a message', beside: 'bare relay', times, goal: 1.3 }]);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" [^]*<\/svg>\n$/);
    for (const text of ['mixed', 'CPU a message', 'times bare relay →', '1.20']) expect(svg).toContain(`>${text}<`);
    expect(svg.match(/<circle/g)).toHaveLength(1);
  });

  it('draws a line for each contestant and names it at its end', () => {
    const points = ['bare relay', 'Holdfast'].flatMap((line, at) => [1, 10, 100].map((x) => ({ line, x, y: x + at })));
    const svg = linePlot({ name: 'clients', title: 'by clients', x: 'clients', y: 'CPU', isLogLog: true, points });
    for (const text of ['bare relay', 'Holdfast']) expect(svg).toContain(`>${text}<`);
    expect(svg.match(/aria-label="line"[^]*?<\/g>/)?.[0].match(/<path/g)).toHaveLength(2);
  });

  it('is the same picture for the same numbers', () => {
    const ratios = [{ what: 'CPU', beside: 'bare relay', times: spread([1]) }];
    expect(ratioPlot('mixed', ratios)).toBe(ratioPlot('mixed', ratios));
  });
});

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { LinePlot, Ratio } from './outcome.js';

/** Readable on pages of either colour, and at the size at which documents show them. */
const STYLE = { background: 'white', color: '#222', fontFamily: 'system-ui, sans-serif', fontSize: '11px' };
const WIDTH = 900;
const ROW = 22;
const LETTER = 5.8;

/** A point for each ratio, the range of its repetitions, and where its goal is; 1 is what it stands beside. */
export function ratioPlot(title: string, ratios: readonly Ratio[]): string {
  const rows = ratios.map(({ what, beside, times, goal }) => ({ what: `${what}, x ${beside}`, ...times, goal }));
  const label = Math.max(...rows.map(({ what }) => what.length)) * LETTER;
  return draw({
    title,
    width: WIDTH,
    height: 90 + rows.length * ROW,
    marginLeft: Math.min(WIDTH * 0.6, label),
    marginRight: 50,
    x: { type: 'log', grid: true, label: 'times what it stands beside', tickFormat: String, ticks: 6 },
    y: { label: null, domain: rows.map(({ what }) => what) },
    marks: [
      Plot.ruleX([1], { strokeDasharray: '3,3' }),
      Plot.ruleY(rows, { x1: 'min', x2: 'max', y: 'what', stroke: '#4269d0', strokeOpacity: 0.5, strokeWidth: 4 }),
      Plot.dot(rows, { x: 'median', y: 'what', fill: '#4269d0', r: 4 }),
      Plot.tickX(
        rows.filter(({ goal }) => goal !== undefined),
        { x: 'goal', y: 'what', stroke: '#ff725c', strokeWidth: 2 },
      ),
      Plot.text(rows, { x: 'max', y: 'what', text: ({ median }: { median: number }) => median.toFixed(2), dx: 16 }),
    ],
  });
}

export function linePlot({ title, x, y, isLogLog, points }: LinePlot): string {
  const scale = isLogLog ? ({ type: 'log', tickFormat: String } as const) : {};
  const last = [...new Map(points.map((point) => [point.line, point])).values()];
  return draw({
    title,
    width: WIDTH,
    height: 360,
    marginRight: 190,
    marginLeft: 60,
    x: { ...scale, label: x },
    y: { type: 'log', tickFormat: String, grid: true, label: y },
    color: { scheme: 'observable10' },
    marks: [
      Plot.line(points, { x: 'x', y: 'y', stroke: 'line', marker: 'dot' }),
      Plot.text(last, { x: 'x', y: 'y', text: 'line', fill: 'line', textAnchor: 'start', dx: 8 }),
    ],
  });
}

function draw({ title, ...options }: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>');
  const heading = Plot.text([String(title)], { frameAnchor: 'top-left', dy: -18, fontWeight: 'bold', fontSize: 13 });
  const svg = Plot.plot({
    ...options,
    document,
    style: STYLE,
    marginTop: 40,
    marks: [...(options.marks ?? []), heading],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  // A class of a random name would make each picture another one.
  return `${svg.outerHTML.replaceAll(/plot-[0-9a-f]{6}/g, 'plot')}\n`;
}

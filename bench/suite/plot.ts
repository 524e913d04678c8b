import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { LinePlot, Ratio } from './outcome.js';

/** Readable on pages of either colour, and at the size at which documents show them. */
const STYLE = { background: 'white', color: '#222', fontFamily: 'system-ui, sans-serif', fontSize: '11px' };
const WIDTH = 900;
const PLOT_WIDTH = 460;
const ROW = 22;
const LETTER = 5.9;

type Row = Ratio['times'];

/** A point for each ratio, the range of its repetitions, and where its goal is; 1 is what it stands beside. Ours are blue. */
export function ratioPlot(title: string, ratios: readonly Ratio[]): string {
  const besides = new Set(ratios.map(({ beside }) => beside));
  const [beside] = besides;
  const isOne = besides.size === 1;
  const rows = ratios.map(({ what, beside, times, goal }) => ({
    ...times,
    goal,
    what: isOne ? what : `${what}, x ${beside}`,
    colour: /nest|ws,|socket\.io|nats|nginx|relay$/i.test(what) ? '#999' : '#4269d0',
  }));
  const label = Math.max(...rows.map(({ what }) => what.length)) * LETTER;
  return draw({
    title,
    width: label + PLOT_WIDTH,
    height: 90 + rows.length * ROW,
    marginLeft: label,
    marginRight: 60,
    x: {
      // Slopes may be below 0, which has no logarithm.
      type: rows.every(({ min }) => min > 0) ? 'log' : 'linear',
      grid: true,
      label: `times ${isOne ? beside : 'what it stands beside'}`,
      tickFormat: String,
      ticks: 5,
    },
    y: { label: null, domain: rows.map(({ what }) => what) },
    marks: [
      Plot.ruleX([1], { strokeDasharray: '3,3' }),
      Plot.tickX(
        rows.filter(({ goal }) => goal !== undefined),
        { x: 'goal', y: 'what', stroke: '#ff725c', strokeWidth: 2 },
      ),
      Plot.ruleY(rows, { x1: 'min', x2: 'max', y: 'what', stroke: 'colour', strokeOpacity: 0.4, strokeWidth: 5 }),
      Plot.dot(rows, { x: 'median', y: 'what', fill: 'colour', r: 4 }),
      Plot.text(rows, {
        x: 'max',
        y: 'what',
        text: ({ median }: Row) => median.toFixed(2),
        textAnchor: 'start',
        dx: 9,
      }),
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

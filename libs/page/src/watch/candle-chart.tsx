import type { JSX } from 'preact';
import type uPlot from 'uplot';
import { counted } from '#libs/core';
import type { CandleColumns } from '../seen/candles.js';
import { type ChartPlan, axesOf, colourOf, useChart } from '../view/charts/chart.js';

/** A candle takes so much of its place, and is no wider than this. */
const WIDTH_SHARE = 0.66;
const WIDEST = 14;

/** Candles, drawn over time. One that rose is hollow, one that fell is filled: colour alone does not tell. */
export function CandleChart({ label, columns }: { label: string; columns: CandleColumns }): JSX.Element {
  const place = useChart(CHART, columns);
  return (
    <figure class="candles">
      <figcaption>{wordsOf(columns)}</figcaption>
      <div ref={place} role="img" aria-label={`Candles of ${label}; the words above it say the newest one`} />
    </figure>
  );
}

function wordsOf([at, open, high, low, close]: CandleColumns): string {
  const last = at.length - 1;
  if (last < 0) return 'No candle yet';
  const way = (close[last] ?? 0) >= (open[last] ?? 0) ? 'rising' : 'falling';
  return `${counted(at.length, 'candle')}; the newest is ${way}: open ${open[last]}, high ${high[last]}, low ${low[last]}, close ${close[last]}`;
}

const UNSEEN: uPlot.Series = { paths: () => null, points: { show: false } };

const CHART: ChartPlan = {
  height: 240,
  options: () => ({
    scales: { x: { range: spanOf } },
    axes: axesOf(66),
    series: [{}, UNSEEN, UNSEEN, UNSEEN, UNSEEN],
    hooks: { draw: [(drawn) => drawCandles(drawn, colourOf('--good'), colourOf('--bad'))] },
  }),
};

/** From the first to the last, with room for as many as a fifth of what fits, so that few are not as wide as a house. */
function spanOf({ data: [at] }: uPlot): [number, number] {
  const step = stepOf(at);
  const first = at[0] ?? 0;
  const last = at[at.length - 1] ?? first;
  return [Math.min(first, last - FEWEST * step) - step, last + step];
}

const FEWEST = 30;

/** From one candle to the next, in seconds: the least that is seen, for some may be missing. */
function stepOf(at: ArrayLike<number>): number {
  let step = Infinity;
  for (let index = 1; index < at.length; index += 1) step = Math.min(step, (at[index] ?? 0) - (at[index - 1] ?? 0));
  return Number.isFinite(step) ? step : 60;
}

function drawCandles(plot: uPlot, rising: string, falling: string): void {
  const { ctx } = plot;
  const [at, open, high, low, close] = plot.data as CandleColumns;
  const x = (value: number): number => plot.valToPos(value, 'x', true);
  const y = (value = 0): number => Math.round(plot.valToPos(value, 'y', true));
  const step = stepOf(at);
  const width = Math.max(1, Math.min(WIDEST * devicePixelRatio, WIDTH_SHARE * (x(step) - x(0))));
  ctx.save();
  ctx.lineWidth = Math.max(1, Math.round(devicePixelRatio));
  at.forEach((instant, index) => {
    const [opened, closed] = [y(open[index]), y(close[index])];
    const hasRisen = closed <= opened;
    ctx.strokeStyle = ctx.fillStyle = hasRisen ? rising : falling;
    const middle = Math.round(x(instant));
    const [top, bottom] = [Math.min(opened, closed), Math.max(opened, closed)];
    ctx.beginPath();
    ctx.moveTo(middle, y(high[index]));
    ctx.lineTo(middle, top);
    ctx.moveTo(middle, bottom);
    ctx.lineTo(middle, y(low[index]));
    ctx.stroke();
    const body = [middle - width / 2, top, width, Math.max(1, bottom - top)] as const;
    if (hasRisen) ctx.strokeRect(...body);
    else ctx.fillRect(...body);
  });
  ctx.restore();
}

import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import { count } from '#libs/core';
import type { Columns, SeriesName } from '../model/series.js';
import { type ChartPlan, axesOf, colourOf, useChart } from './charts/chart.js';
import { Section } from './parts.js';

interface PlotLine {
  name: SeriesName;
  label: string;
}

interface PlotPlan {
  title: string;
  unit: string;
  lines: readonly PlotLine[];
  /** What one is divided by to be of that unit. */
  per?: number;
}

const PLANS: readonly PlotPlan[] = [
  {
    title: 'From Binance',
    unit: '/s',
    lines: [
      { name: 'frames', label: 'messages read' },
      { name: 'events', label: 'published' },
    ],
  },
  { title: 'To clients', unit: '/s', lines: [{ name: 'deliveries', label: 'messages times clients' }] },
  { title: 'Clients', unit: '', lines: [{ name: 'clients', label: 'connected' }] },
  { title: 'Binance to here', unit: ' ms', lines: [{ name: 'lagMedianMs', label: 'median over streams, two clocks' }] },
  {
    title: 'Here to the edge’s clients',
    unit: ' ms',
    lines: [
      { name: 'edgeP99Ms', label: '99 % within' },
      { name: 'edgeP50Ms', label: '50 % within' },
    ],
  },
  { title: 'Redis and back', unit: ' ms', lines: [{ name: 'busP99Ms', label: '99 % within' }] },
  {
    title: 'This process',
    unit: ' %',
    lines: [
      { name: 'cpuPercent', label: 'CPU' },
      { name: 'loopPercent', label: 'event loop busy' },
    ],
  },
  { title: 'Memory', unit: ' MB', per: 1_000_000, lines: [{ name: 'memoryBytes', label: 'resident' }] },
  { title: 'Waits for clients', unit: ' kB', per: 1_000, lines: [{ name: 'backlogBytes', label: 'unread' }] },
];

/** Rates and latencies over the last hour, five seconds a point. */
export function Plots({ hour }: { hour: Columns }): JSX.Element | null {
  const shown = PLANS.filter(({ lines }) =>
    lines.some(({ name }) => hour.series[name]?.some((value) => value !== null)),
  );
  if (shown.length === 0) return null;
  return (
    <Section id="plots" title="The last hour in numbers">
      <div class="plots">
        {shown.map((plan) => (
          <Plot key={plan.title} plan={plan} hour={hour} />
        ))}
      </div>
    </Section>
  );
}

function Plot({ plan, hour }: { plan: PlotPlan; hour: Columns }): JSX.Element {
  const chart = useMemo(() => chartOf(plan), [plan]);
  const data = useMemo(() => dataOf(plan, hour), [plan, hour]);
  const place = useChart(chart, data);
  return (
    <figure class="plot">
      <figcaption>
        <strong>{plan.title}</strong>
        {plan.lines.map((line, at) => (
          <span key={line.name} class={`line-${at}`}>
            {line.label}: {wordsOf(plan, hour.series[line.name] ?? [])}
          </span>
        ))}
      </figcaption>
      <div
        ref={place}
        role="img"
        aria-label={`${plan.title}, drawn over the last hour; the words above it say the newest and the highest value`}
      />
    </figure>
  );
}

/** So few points are drawn as such: a line through one of them could not be seen. */
const FEW = 12;

/** What is drawn is no shorter than this, in seconds. */
const SHORTEST = 60;

const chartOf = ({ unit }: PlotPlan): ChartPlan => ({
  height: 120,
  options: () => ({
    scales: {
      x: { range: spanOf },
      y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] },
    },
    axes: axesOf(52, (_plot, ticks) => ticks.map((tick) => `${short(tick)}${unit}`)),
    series: [{}, lineOf('--line-0'), lineOf('--line-1')],
  }),
});

const lineOf = (colour: string): uPlot.Series => ({
  stroke: colourOf(colour),
  width: 1.5,
  points: { show: (plot) => (plot.data[0]?.length ?? 0) < FEW, size: 4 },
});

/** As long as what there is, and never shorter than a minute; uPlot itself makes a day of a single point. */
function spanOf({ data: [at] }: uPlot): [number, number] {
  const end = at[at.length - 1] ?? SHORTEST;
  return [Math.min(at[0] ?? end, end - SHORTEST), end];
}

function dataOf({ lines, per = 1 }: PlotPlan, { at, series }: Columns): uPlot.AlignedData {
  const [first = [], second = []] = lines.map(({ name }) =>
    (series[name] ?? at.map(() => null)).map((value) => (value === null ? null : value / per)),
  );
  return [at.map((instant) => instant / 1_000), first, second.length > 0 ? second : at.map(() => null)];
}

function wordsOf({ unit, per = 1 }: PlotPlan, values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  const [newest, highest] = [known.at(-1), Math.max(...known)];
  if (newest === undefined) return 'nothing yet';
  return `${short(newest / per)}${unit}, at most ${short(highest / per)}${unit}`;
}

const short = (value: number): string => (value >= 100 ? count(Math.round(value)) : `${Number(value.toPrecision(2))}`);

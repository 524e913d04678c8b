import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { count } from '#libs/core';
import type { Columns, SeriesName } from '../model/series.js';
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
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  // What is drawn anew for other colours is the newest, not what there was when the page began.
  const newest = useRef(hour);
  newest.current = hour;
  useEffect(() => {
    const { current } = place;
    if (!current) return undefined;
    const draw = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(plan, current.clientWidth), dataOf(plan, newest.current), current);
    };
    draw();
    const sizes = new ResizeObserver(() => plot.current?.setSize({ width: current.clientWidth, height: HEIGHT }));
    sizes.observe(current);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => {
      sizes.disconnect();
      scheme.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, [plan]);
  useEffect(() => plot.current?.setData(dataOf(plan, hour)), [hour]);
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

const HEIGHT = 120;

/** So few points are drawn as such: a line through one of them could not be seen. */
const FEW = 12;

/** What is drawn is no shorter than this, in seconds. */
const SHORTEST = 60;

function optionsOf({ unit }: PlotPlan, width: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  const line = (name: string): uPlot.Series => ({
    stroke: colour(name),
    width: 1.5,
    points: { show: (plot) => (plot.data[0]?.length ?? 0) < FEW, size: 4 },
  });
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: spanOf },
      y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] },
    },
    axes: [
      { ...axis, size: 24, space: 70, values: (_plot, ticks) => clockTexts(ticks) },
      { ...axis, size: 52, values: (_plot, ticks) => ticks.map((tick) => `${short(tick)}${unit}`) },
    ],
    series: [{}, line('--line-0'), line('--line-1')],
  };
}

/** As long as what there is, and never shorter than a minute; uPlot itself makes a day of a single point. */
function spanOf({ data: [at] }: uPlot): [number, number] {
  const end = at[at.length - 1] ?? SHORTEST;
  return [Math.min(at[0] ?? end, end - SHORTEST), end];
}

/** With the seconds where they tell one tick from the next. */
function clockTexts(ticks: readonly number[]): string[] {
  const [first = 0, second = Infinity] = ticks;
  return ticks.map((tick) => new Date(tick * 1_000).toLocaleTimeString('en-GB').slice(0, second - first < 60 ? 8 : 5));
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

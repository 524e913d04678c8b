import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

/** What is drawn by uPlot: its height in pixels, and options that read the colours of the page. */
export interface ChartPlan {
  height: number;
  options(): Omit<uPlot.Options, 'width' | 'height' | 'legend' | 'cursor'>;
}

/**
 * Draws into the element that it gives out, as wide as that is and in the colours that the page has at the moment.
 *
 * @param plan the same object as long as the same is drawn.
 */
export function useChart(plan: ChartPlan, data: uPlot.AlignedData): RefObject<HTMLDivElement | null> {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  // What is drawn anew for other colours is the newest, not what there was when the page began.
  const newest = useRef(data);
  newest.current = data;
  useEffect(() => {
    const { current } = place;
    if (!current) return undefined;
    const { height } = plan;
    const draw = (): void => {
      const width = current.clientWidth;
      const fixed = { width, height, legend: { show: false }, cursor: { show: false } };
      plot.current?.destroy();
      plot.current = new uPlot({ ...plan.options(), ...fixed }, newest.current, current);
    };
    draw();
    const sizes = new ResizeObserver(() => plot.current?.setSize({ width: current.clientWidth, height }));
    sizes.observe(current);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => {
      sizes.disconnect();
      scheme.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, [plan]);
  useEffect(() => plot.current?.setData(data), [data]);
  return place;
}

/** A colour of the page, by its name in the style sheet. */
export const colourOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Time below, values at the left in so many pixels. */
export function axesOf(size: number, values?: uPlot.Axis.Values): uPlot.Axis[] {
  const axis: uPlot.Axis = {
    stroke: colourOf('--quiet'),
    grid: { stroke: colourOf('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return [
    { ...axis, size: 24, space: 70, values: (_plot, ticks) => clockTexts(ticks) },
    { ...axis, size, ...(values && { values }) },
  ];
}

/** With the seconds where they tell one tick from the next, with the day where the clock does not. */
function clockTexts(ticks: readonly number[]): string[] {
  const [first = 0, second = Infinity] = ticks;
  return ticks.map((tick) => {
    const date = new Date(tick * 1_000);
    if (second - first >= 86_400) return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
    return date.toLocaleTimeString('en-GB').slice(0, second - first < 60 ? 8 : 5);
  });
}

import { tableOf } from '#libs/terminal';
import type { StackName } from '../stacks/stacks.js';
import type { LinePlot, Ratio } from '../suite/outcome.js';
import { spread, spreadInWords, timesEach } from '../suite/statistics.js';
import type { Life } from './life.js';

export const WAYS = ['standalone', 'over Redis'] as const;

export type Way = (typeof WAYS)[number];

/** One way at one rate: what every repetition of each stack was like. */
export interface Cell {
  way: Way;
  rate: number;
  lives: Record<StackName, Life[]>;
}

const PHASES = ['cold', 'warm'] as const;
const MEASURES = { 'CPU us an event': 'cpuMicros', 'p50 ms': 'p50', 'p99 ms': 'p99' } as const;

type Phase = (typeof PHASES)[number];
type Measure = (typeof MEASURES)[keyof typeof MEASURES];

/** What a process may be slower by in its first minute. */
const COLD_GOAL = 2;
/** What an event may cost at a low rate, beside the bare relay. */
const CPU_GOAL = { rate: 1_000, times: 1.2 };

const of = ({ lives }: Cell, stack: StackName, phase: Phase, measure: Measure): number[] =>
  lives[stack].map((life) => life[phase][measure]);

/** Ours beside the relay's, cold and warm; and cold beside warm, of either. */
export function ratiosOf(cell: Cell): Ratio[] {
  const { way, rate } = cell;
  const where = `${way}, ${rate} events/s`;
  const hasGoal = rate <= CPU_GOAL.rate;
  return Object.entries(MEASURES).flatMap(([title, measure]) => {
    const besideRelay = PHASES.map((phase): Ratio => ({
      what: `${title}, ${where}, ${phase}: Holdfast`,
      beside: 'bare relay',
      times: spread(timesEach(of(cell, 'Holdfast', phase, measure), of(cell, 'bare relay', phase, measure))),
      goal: measure === 'cpuMicros' && phase === 'warm' && hasGoal ? CPU_GOAL.times : undefined,
    }));
    const besideItself = (['Holdfast', 'bare relay'] as const).map((stack): Ratio => ({
      what: `${title}, ${where}, cold: ${stack}`,
      beside: 'itself, warm',
      times: spread(timesEach(of(cell, stack, 'cold', measure), of(cell, stack, 'warm', measure))),
      goal: measure === 'p99' && stack === 'Holdfast' ? COLD_GOAL : undefined,
    }));
    return besideRelay.concat(besideItself);
  });
}

export function print(cell: Cell): void {
  const rows = (['bare relay', 'Holdfast'] as const).flatMap((stack) => PHASES.map((phase) => ({ stack, phase })));
  const columns = Object.entries(MEASURES).map(([title, measure]) => ({
    title,
    cell: ({ stack, phase }: (typeof rows)[number]) => spreadInWords(spread(of(cell, stack, phase, measure)), 2),
    isNumber: true,
  }));
  const name = { title: '', cell: ({ stack, phase }: (typeof rows)[number]) => `${stack}, ${phase}` };
  console.log(`\n${cell.way}, ${cell.rate} events/s\n${tableOf([name, ...columns], rows).join('\n')}`);
}

/** How p99 went since the start, at the median of the repetitions. */
export const plotsOf = ({ way, rate, lives }: Cell): LinePlot[] => [
  {
    name: `${way.replace(' ', '-')}-${rate}`,
    title: `p99 from frame to client since the start, ${way}, ${rate} events/s`,
    x: 'seconds since the first event',
    y: 'p99, ms',
    isLogLog: false,
    points: Object.entries(lives).flatMap(([line, some]) =>
      (some[0]?.stretches ?? []).map(({ at }, index) => ({
        line,
        x: at,
        y: spread(some.map(({ stretches }) => stretches[index]?.p99 ?? Number.NaN)).median,
      })),
    ),
  },
];

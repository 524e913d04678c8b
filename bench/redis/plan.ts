import { parseArgs } from 'node:util';

/** How wide the stacks are. */
export interface Width {
  streams: number;
  edges: number;
  /** Of each edge; each has all streams. */
  clients: number;
}

export interface RedisPlan {
  /** Every width is measured at every rate. */
  widths: Width[];
  rates: number[];
  seconds: number;
  repetitions: number;
  warmUpSeconds: number;
  /** What clients of Holdfast read; those of the relay always get what came. */
  wire: 'native' | 'binance';
  /** `HOLDFAST_BUS_FLUSH_MS` of both roles. */
  flushMs: number;
  jsonFile: string | undefined;
}

/** From the command line. */
export function readPlan(args: string[]): RedisPlan {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const isQuick = args.includes('--quick');
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean' },
      rates: text('1000,5000,20000'),
      streams: text('300'),
      edges: text('2'),
      clients: text('1'),
      seconds: text(isQuick ? '2' : '8'),
      repetitions: text(isQuick ? '1' : '3'),
      'warm-up': text(isQuick ? '2' : '10'),
      wire: text('native'),
      'flush-ms': text('0'),
      json: { type: 'string' },
    },
  });
  const { rates, seconds, repetitions, wire } = values;
  return {
    widths: widthsOf(numbers(values.streams), numbers(values.edges), numbers(values.clients)),
    rates: numbers(rates),
    seconds: Number(seconds),
    repetitions: Number(repetitions),
    warmUpSeconds: Number(values['warm-up']),
    wire: wire === 'binance' ? 'binance' : 'native',
    flushMs: Number(values['flush-ms']),
    jsonFile: values.json,
  };
}

const numbers = (list: string): number[] => list.split(',').map(Number);

const widthsOf = (streams: number[], edges: number[], clients: number[]): Width[] =>
  streams.flatMap((some) =>
    edges.flatMap((few) => clients.map((each) => ({ streams: some, edges: few, clients: each }))),
  );

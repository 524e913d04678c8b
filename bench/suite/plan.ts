import { InvalidArgumentError, Option } from 'commander';
import type { Outcome } from './outcome.js';

/** All that can be chosen for a benchmark. Each takes some of it; what a word means is the same for all. */
export interface Choices {
  seconds: number;
  repetitions: number;
  warmUp: number;
  first: number;
  rates: number[];
  streams: number[];
  clients: number[];
  edges: number[];
  flushMs: number[];
  wire: 'native' | 'binance';
  delivery: 'all' | 'latest';
  drops: number;
  samples: string[];
}

/** What every benchmark takes. */
export interface Common {
  /** One short run of each: enough to see whether it works, too little to compare by. */
  quick?: true;
  json?: string;
  /** Where pictures go. */
  plots?: string;
  /** Where a V8 CPU profile of each of our server processes goes. */
  cpuProfile?: string;
}

export type Plan<K extends keyof Choices> = Common & Pick<Choices, K>;

/** A benchmark as the command line knows it; its code is loaded when it is asked for. */
export interface Benchmark {
  says: string;
  /** How long it takes at most, with `--quick` and without; it is ended then. */
  minutes: { quick: number; usual: number };
  /** Whether what is measured runs in this process, not in servers of its own. */
  isInProcess: boolean;
  takes: readonly (keyof Choices)[];
  run(asked: Common & Partial<Choices>): Promise<Outcome>;
}

interface BenchmarkParts<K extends keyof Choices> extends Omit<Benchmark, 'takes' | 'run' | 'isInProcess'> {
  isInProcess?: true;
  usual: Pick<Choices, K>;
  /** What is other with `--quick`. */
  quick: Partial<Pick<Choices, K>>;
  load(): Promise<{ run(plan: Plan<K>): Promise<Outcome> }>;
}

export const benchmark = <K extends keyof Choices>(parts: BenchmarkParts<K>): Benchmark => ({
  says: parts.says,
  minutes: parts.minutes,
  isInProcess: parts.isInProcess ?? false,
  takes: Object.keys(parts.usual) as K[],
  run: async (asked) => (await parts.load()).run(planOf(parts, asked)),
});

/** What was asked for goes before what is usual. */
export const planOf = <K extends keyof Choices>(
  { usual, quick }: Pick<BenchmarkParts<K>, 'usual' | 'quick'>,
  asked: Common & Partial<Choices>,
): Plan<K> => ({ ...usual, ...(asked.quick && quick), ...asked });

export const commonFlags = (plotsIn: string): Option[] => [
  new Option('--quick', 'one short run of each: enough to see whether it works, too little to compare by'),
  new Option('--json <file>', 'write all numbers down'),
  new Option('--plots [folder]', 'write pictures (SVG)').preset(plotsIn),
  new Option('--cpu-profile <folder>', 'write a V8 CPU profile of each of our server processes'),
];

/** Made anew for each command that takes it. */
export const FLAGS: Record<keyof Choices, () => Option> = {
  seconds: () => new Option('--seconds <n>', 'length of one measured run').argParser(positive),
  repetitions: () => new Option('--repetitions <n>', 'runs of each, in turns').argParser(whole),
  warmUp: () => new Option('--warm-up <seconds>', 'how long each runs before it is measured').argParser(positive),
  first: () => new Option('--first <seconds>', 'how long after its start a process counts as cold').argParser(positive),
  rates: () => new Option('--rates <list>', 'events a second').argParser(list(positive)),
  streams: () => new Option('--streams <list>', 'how many streams there are').argParser(list(whole)),
  clients: () => new Option('--clients <list>', 'how many clients there are (of each edge)').argParser(list(whole)),
  edges: () => new Option('--edges <list>', 'how many edges there are').argParser(list(whole)),
  flushMs: () => new Option('--flush-ms <list>', 'for how long messages are gathered').argParser(list(notNegative)),
  wire: () =>
    new Option('--wire <wire>', "what clients of Holdfast read: ours or Binance's").choices(['native', 'binance']),
  delivery: () => new Option('--delivery <contract>', 'how the slow clients subscribe').choices(['all', 'latest']),
  drops: () => new Option('--drops <n>', 'how often Binance drops us').argParser(whole),
  samples: () => new Option('--samples <list>', 'only samples whose names begin so').argParser(list(String)),
};

const list =
  <T>(read: (text: string) => T) =>
  (text: string): T[] =>
    text.split(',').map(read);

const number = (text: string, what: string, isGood: (value: number) => boolean): number => {
  const value = Number(text);
  if (text.trim() === '' || !isGood(value)) throw new InvalidArgumentError(`Expected ${what}.`);
  return value;
};
const positive = (text: string): number => number(text, 'a number above 0', (value) => value > 0 && value < Infinity);
const notNegative = (text: string): number =>
  number(text, 'a number from 0', (value) => value >= 0 && value < Infinity);
const whole = (text: string): number =>
  number(text, 'a whole number above 0', (value) => Number.isSafeInteger(value) && value > 0);

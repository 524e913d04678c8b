import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Frames in a file, one per line. */
export interface Recording {
  name: string;
  file: string;
  frames: number;
}

const OURS = fileURLToPath(new URL('../fixtures/', import.meta.url));
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
/** Recordings of Binance itself, and examples from its documentation: beside the repository, where somebody has put them there. */
const THEIRS = fileURLToPath(new URL('../../../shared/frames/', import.meta.url));

/** Our own small recording of one busy symbol: made by the simulator, so it is always there. */
export const SMALL = recordingIn(OURS, 'simulated-btcusdt.jsonl');

/** Our own small recording of every kind of stream. */
export const KINDS = recordingIn(OURS, 'simulated-kinds.jsonl');

/** Our own small recording of all that can be fetched, with the book that was fetched meanwhile. */
export const HISTORY = recordingIn(OURS, 'simulated-history.jsonl');

/** The recording that people replay, with the book that was fetched meanwhile. */
export const SAMPLE = recordingIn(EXAMPLES, 'market.jsonl');
export const SAMPLE_BOOKS = recordingIn(EXAMPLES, 'rest-depth-market.jsonl');

/** The same three streams as in `SMALL`, for a minute, from Binance; our own where that is not there. */
export const busiest = (): Recording => ofBinance('spot-hft-btcusdt_20240808.jsonl') ?? SMALL;

/** One file of those beside the repository; says so in the output where it is not there. */
export function ofBinance(name: string): Recording | undefined {
  if (existsSync(join(THEIRS, name))) return recordingIn(THEIRS, name);
  process.stderr.write(`No ../shared/frames/${name} here: what needs it is left out.\n`);
  return undefined;
}

/** All files beside the repository that hold frames of spot streams. */
export function allOfBinance(): Recording[] {
  if (!existsSync(THEIRS)) {
    process.stderr.write('No ../shared/frames here: frames recorded from Binance are left out.\n');
    return [];
  }
  const names = readdirSync(THEIRS).filter((name) => /^(?:spot-.*|docs-examples)\.jsonl$/.test(name));
  return names.map((name) => recordingIn(THEIRS, name));
}

export const linesOf = ({ file }: Recording): string[] => readFileSync(file, 'utf8').split('\n').filter(Boolean);

function recordingIn(folder: string, name: string): Recording {
  const file = join(folder, name);
  return { name: basename(file), file, frames: readFileSync(file, 'utf8').split('\n').filter(Boolean).length };
}

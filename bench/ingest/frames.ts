import { Buffer } from 'node:buffer';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { spot } from '#libs/binance';

/** Frames of one kind, or a mix of kinds. */
export interface Sample {
  name: string;
  frames: Buffer[];
}

const RECORDED = '../shared/frames';

/** Documented shapes, for a checkout without recordings; counts as in the recorded mix. */
const SYNTHETIC: [count: number, text: string][] = [
  [
    73,
    '{"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}}',
  ],
  [
    18,
    '{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}',
  ],
  [
    9,
    `{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":50093239189,"u":50093239202,"b":${levels(9)},"a":${levels(9)}}}`,
  ],
];

function levels(count: number): string {
  return JSON.stringify(Array.from({ length: count }, (_, at) => [`${61837 - at}.63000000`, '1.54698000']));
}

/** The mix, and the same frames by kind. */
export function samples(): Sample[] {
  const frames = existsSync(RECORDED) ? recorded() : SYNTHETIC.flatMap(([count, text]) => repeated(count, text));
  const byType = new Map<string, Buffer[]>();
  for (const frame of frames) {
    const decoded = spot.decode(frame);
    if (!decoded.ok || decoded.value.kind !== 'market') continue;
    const { name } = decoded.value;
    const key = name.isArray ? `${name.type}[]` : name.type;
    byType.set(key, [...(byType.get(key) ?? []), frame]);
  }
  const kinds = [...byType].map(([name, ofKind]) => ({ name, frames: ofKind }));
  const source = existsSync(RECORDED) ? 'recorded mix' : 'synthetic mix (no ../shared/frames)';
  return [{ name: source, frames }, ...kinds];
}

/** What was recorded live, in the proportions in which it came; hand-collected single frames only count by kind. */
function recorded(): Buffer[] {
  return readdirSync(RECORDED)
    .filter((file) => file.startsWith('spot-') && file.endsWith('.jsonl'))
    .flatMap((file) => readFileSync(join(RECORDED, file), 'utf8').split('\n'))
    .filter((line) => line.startsWith('{"stream"'))
    .map((line) => Buffer.from(line));
}

const repeated = (count: number, text: string): Buffer[] => Array.from({ length: count }, () => Buffer.from(text));

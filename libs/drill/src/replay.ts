import { readFileSync } from 'node:fs';
import { spot } from '#libs/binance';
import { type Clock, type Millis, type StreamName, count, counted, duration } from '#libs/core';
import { Simulator } from '#libs/simulator';
import { FrameCheck, type FrameCount } from './audit/frame-check.js';
import { type Summary, summarize } from './audit/summary.js';
import { NativeWatcher } from './crew/native-watcher.js';
import { WireWatcher } from './crew/wire-watcher.js';
import type { Gateway } from './gateway.js';
import { green, red } from '#libs/terminal';
import type { DrillVerdict } from './show/report.js';
import { pause } from './wait.js';

export interface ReplayCheckOptions {
  clock: Clock;
  /** JSONL of combined frames. */
  file: string;
  /** 1 is the original speed. */
  speed: number;
  /** Ends after so long even if not everything has come. */
  forMs: Millis;
  /** Starts a gateway in front of a simulator. */
  startGateway: (simulator: Simulator) => Promise<Gateway>;
  /** Called every now and then with what has come so far. */
  progress: (line: string) => void;
  /** Asked all the time: whether somebody pressed Ctrl-C. */
  isOver: () => boolean;
}

/** What came of a replay. */
export interface ReplayOutcome {
  lastedMs: Millis;
  /** At a client of Binance's wire. */
  wire: FrameCount;
  /** Events at a native client, by stream, beside those that the sent frames make. */
  native: { stream: StreamName; sent: number; events: number; brokenPlaces: number }[];
  summary: Summary;
}

const PROGRESS_EVERY_MS: Millis = 5_000;
/** After the last frame was sent, what is still on its way may take so long. */
const LAST_MILE_MS: Millis = 2_000;

/** Replays recorded frames through the whole path and compares what two clients get with what was recorded. */
export async function replay(options: ReplayCheckOptions): Promise<ReplayOutcome> {
  const { clock, file, speed } = options;
  const check = new FrameCheck(readFrames(file));
  let isComplete = false;
  const simulator = await Simulator.start({ clock, replay: { file, speed, mayPlay: () => isComplete } });
  const gateway = await options.startGateway(simulator);
  const wire = new WireWatcher('wire', 'combined', gateway.url, check.streams, { wire: (text) => check.enter(text) });
  const native = new NativeWatcher('native', gateway.url, check.streams);
  try {
    await Promise.all([wire.start(), native.start()]);
    isComplete = true;
    const startedAt = clock.now();
    const events = check.streams.reduce((sum, stream) => sum + check.eventsOn(stream), 0);
    await watch(options, simulator, () => [check.count(), native.messages / events]);
    const summary = summarize([wire, native]);
    return { lastedMs: clock.now() - startedAt, wire: check.count(), native: byStream(check, native), summary };
  } finally {
    await Promise.all([wire.stop(), native.stop()]);
    await gateway.stop();
    await simulator.stop();
  }
}

/** The report of a replay; the verdict is its last line. */
export function replayReport({ lastedMs, wire, native, summary }: ReplayOutcome): { lines: string[]; isGood: boolean } {
  const { isGood, sentence } = replayVerdict({ lastedMs, wire, native, summary });
  const of = (value: number, all: number): string => `${count(value)} of ${count(all)}`;
  const lines = [
    `Replayed ${counted(wire.sent, 'frame')} in ${duration(lastedMs)}.`,
    `  Binance wire   ${of(wire.identical, wire.sent)} frames identical to the letter, ${count(wire.equal)} more equal as JSON with all keys, ${count(wire.different)} different, ${count(wire.missing)} missing`,
    ...wire.examples.map((example) => red(`    ${example}`)),
    ...native.map(
      ({ stream, sent, events, brokenPlaces }) =>
        `  native         ${of(events, sent)} events of ${stream}, ${brokenPlaces === 0 ? 'seq without a hole' : red(`${counted(brokenPlaces, 'place')} broken`)}`,
    ),
    isGood ? green(sentence) : red(sentence),
  ];
  return { lines, isGood };
}

function replayVerdict({ wire, native, summary }: ReplayOutcome): DrillVerdict {
  const good = wire.identical + wire.equal;
  const isWireGood = good === wire.sent && wire.different === 0;
  const isNativeGood = native.every(({ sent, events, brokenPlaces }) => sent === events && brokenPlaces === 0);
  const isGood = isWireGood && isNativeGood && summary.disconnects === 0;
  if (isGood) {
    const sentence = `PASSED. Every one of ${count(wire.sent)} recorded frames reached a Binance-wire client as it was sent, and a native client as events without a hole.`;
    return { isGood, sentence };
  }
  const events = native.reduce((sum, stream) => sum + stream.events, 0);
  const sentence = `FAILED. ${count(good)} of ${count(wire.sent)} frames reached the Binance-wire client as they were sent, ${count(events)} the native one; ${counted(summary.disconnects, 'disconnect')}.`;
  return { isGood, sentence };
}

async function watch(
  { clock, forMs, progress, isOver }: ReplayCheckOptions,
  simulator: Simulator,
  seen: () => [FrameCount, share: number],
): Promise<void> {
  const end = clock.now() + forMs;
  let toldAt = clock.now();
  let isSent = false;
  let patience = Infinity;
  void simulator.replay?.finished.then(() => (isSent = true));
  for (;;) {
    const [frames, share] = seen();
    const arrived = frames.identical + frames.equal + frames.different;
    const now = clock.now();
    if (isSent && patience === Infinity) patience = now + LAST_MILE_MS;
    if (isOver() || now > end || now > patience || (arrived >= frames.sent && share >= 1)) return;
    if (now - toldAt >= PROGRESS_EVERY_MS) {
      toldAt = now;
      progress(
        `${count(arrived)} of ${count(frames.sent)} frames on Binance's wire, ${Math.round(100 * share)} % of their events on the native one`,
      );
    }
    await pause(clock, 50);
  }
}

function byStream(check: FrameCheck, native: NativeWatcher): ReplayOutcome['native'] {
  const accounts = new Map(native.ledger.accounts().map((account) => [account.stream, account]));
  return check.streams.map((stream) => {
    const { messages = 0, lostPlaces = 0, doubledPlaces = 0, reorderedPlaces = 0 } = accounts.get(stream) ?? {};
    const brokenPlaces = lostPlaces + doubledPlaces + reorderedPlaces;
    return { stream, sent: check.eventsOn(stream), events: messages, brokenPlaces };
  });
}

/** The file is not a recording that can be replayed; the message says where. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

function readFrames(file: string): { stream: StreamName; line: string }[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line, index) => {
    const stream: unknown = streamOf(line);
    const where = `${file}:${index + 1}`;
    if (typeof stream !== 'string') {
      throw new RecordingError(`${where} is not a combined frame {"stream":…,"data":…}`);
    }
    const parsed = spot.parse(stream);
    if (!parsed.ok) throw new RecordingError(`${where} is of a stream that is not served: ${parsed.problem.message}`);
    return { stream, line };
  });
}

/** As Binance writes it, the stream stands first; the simulator sends lines as they are. */
function streamOf(line: string): unknown {
  if (!line.startsWith('{"stream":"')) return undefined;
  try {
    return Reflect.get(Object(JSON.parse(line)), 'stream');
  } catch {
    return undefined;
  }
}

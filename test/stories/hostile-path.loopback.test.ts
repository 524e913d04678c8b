import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DrillOutcome, Stage, faultsOf, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { everyStreamFlows } from '../support/every-stream-flows.js';
import { TcpPath } from '../support/tcp-path.js';
import { until } from '../support/until.js';
import { BRISK } from './brisk.js';

const CONNECT_TIMEOUT_MS = 500;
const SILENCE_MS = 1_000;

/** How often silence is judged, and what a busy machine may add. */
const NOTICED_MS = 1_000;

interface Misbehaviour {
  what: string;
  begin: (path: TcpPath, stage: Stage) => void;
  /** As what an attempt to connect ends by it, in the words of the journal, within so long; absent where none does. */
  ends?: { as: string; withinMs: number };
}

const ROWS: readonly Misbehaviour[] = [
  { what: 'delivers late', begin: (path) => path.behave({ delayMs: 300 }) },
  { what: 'drips', begin: (path) => path.behave({ drip: { bytes: 300, everyMs: 2 } }) },
  {
    what: 'resets',
    begin: (path) => path.reset(),
    ends: { as: 'transport dropped', withinMs: 0 },
  },
  {
    what: 'opens too slowly',
    begin: (path) => {
      path.behave({ handshakeMs: 2 * CONNECT_TIMEOUT_MS });
      path.reset();
    },
    ends: { as: 'transport timeout', withinMs: CONNECT_TIMEOUT_MS },
  },
  {
    what: 'drips while it opens',
    begin: (path) => {
      path.behave({ drip: { bytes: 1, everyMs: 50 } });
      path.reset();
    },
    ends: { as: 'transport timeout', withinMs: CONNECT_TIMEOUT_MS },
  },
  {
    what: 'refuses',
    begin: (path) => {
      path.behave({ refuses: true });
      path.reset();
    },
    ends: { as: 'transport handshake', withinMs: 0 },
  },
  {
    what: 'is cut',
    begin: (path) => path.behave({ isCut: true }),
    ends: { as: 'us silence', withinMs: SILENCE_MS },
  },
  {
    what: 'forgets what is idle',
    begin: (path, stage) => {
      path.behave({ forgetsAfterMs: 300 });
      stage.strike({ name: 'mute-data', share: 1, forMs: 1_000 });
    },
    ends: { as: 'us silence', withinMs: 700 + SILENCE_MS },
  },
];

describe('clients of a gateway whose path to Binance', () => {
  let path: TcpPath;
  let stage: Stage;
  /** What clients were told of their streams. */
  const told = new Set<string>();

  beforeAll(async () => {
    const simulator = await Simulator.start({ clock, pace: 5, symbols: 2, limits: { pingEveryMs: 800 } });
    path = await TcpPath.lay(Number(new URL(simulator.wsUrl).port));
    const gateway = await startStandalone(
      { wsUrl: `ws://127.0.0.1:${path.nearPort}`, restUrl: simulator.restUrl },
      {
        upstream: { connectTimeoutMs: CONNECT_TIMEOUT_MS, silenceBytesMs: SILENCE_MS, retryMostMs: 200 },
        timings: { watchMs: 50 },
      },
    );
    stage = new Stage({
      clock,
      simulator,
      gateway,
      clients: 4,
      menus: BRISK,
      onlooker: { feed: ({ by, state }) => void told.add(`${by} ${state}`) },
    });
    await stage.start();
  });
  afterAll(async () => {
    await stage.stop();
    await path.remove();
  });

  const journal = async (): Promise<DrillOutcome['journal']> => (await stage.outcome()).journal;
  /** How this attempt to connect and those after it ended. */
  const endingsFrom = async (first: number): Promise<string[]> =>
    (await journal()).flatMap(({ attempt, closedBy, cause }) =>
      attempt >= first && closedBy ? [`${closedBy} ${cause}`] : [],
    );

  afterEach(() => path.behave({}));

  it.each(ROWS)('$what', async ({ begin, ends }) => {
    const present = (await journal()).at(-1)?.attempt ?? 0;
    told.clear();
    const begunAt = performance.now();
    begin(path, stage);
    if (ends) await until(async () => (await endingsFrom(present)).includes(ends.as), { what: ends.as });
    else await everyStreamFlows(stage);
    const lastedMs = performance.now() - begunAt;
    path.behave({});
    await everyStreamFlows(stage);
    expect(lastedMs).toBeLessThan((ends?.withinMs ?? 0) + NOTICED_MS);
    expect([...told]).toEqual(ends ? ['upstream recovering', 'upstream live'] : []);
    if (!ends) expect(await endingsFrom(present)).toEqual([]);
    expect(faultsOf(stage.crew.summary(), 'nothing may be missing')).toEqual([]);
    expect(stage.simulator.violations).toEqual([]);
  });
});

import { EXIT } from '#libs/core';
import {
  Demo,
  HURRIED_LIMITS,
  RecordingError,
  Stage,
  replay,
  replayReport,
  reportOf,
  startStandalone,
  verdictOf,
} from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { displayOn, lineWidth } from '#libs/terminal';
import type { DemoConfig } from './demo.config.js';

type Incidents = Extract<DemoConfig, { show: 'incidents' }>;
type Recording = Extract<DemoConfig, { show: 'replay' }>;
/** Rows are in Binance's database a moment after they are streamed. */
const DATABASE_LAG_MS = 500;

type Say = (line: string) => void;

/** Shows what the command line asked for. Resolves with the exit code. */
export async function show(config: Incidents | Recording, say: Say, isOver: () => boolean): Promise<number> {
  try {
    return await (config.show === 'replay' ? showReplay(config, say, isOver) : showIncidents(config, say, isOver));
  } catch (error) {
    say(`The demo could not go on: ${(error as Error).message}`);
    return error instanceof RecordingError ? EXIT.usage : EXIT.software;
  }
}

async function showIncidents({ clients, forMs }: Incidents, say: Say, isOver: () => boolean): Promise<number> {
  const display = displayOn(process.stdout, say);
  const demo = new Demo({ clock, display, clients, isOver, ...(forMs === undefined ? {} : { forMs }) });
  const simulator = await Simulator.start({ clock, pace: 3, limits: HURRIED_LIMITS, databaseLagMs: DATABASE_LAG_MS });
  const gateway = await startStandalone(simulator);
  const stage = new Stage({ clock, simulator, gateway, clients, onlooker: demo.onlooker });
  say(`Watch its streams in a browser: ${gateway.url.replace(/^ws/, 'http')}/`);
  say(`Clients connect to ${gateway.url}, operators to ${gateway.opsUrl}.\n`);
  await stage.start();
  const outcome = await demo.run(stage);
  await stage.stop();
  say('');
  for (const line of reportOf(outcome, lineWidth(process.stdout))) say(line);
  return verdictOf(outcome).isGood ? EXIT.ok : 1;
}

async function showReplay({ file, speed, forMs }: Recording, say: Say, isOver: () => boolean): Promise<number> {
  const outcome = await replay({
    clock,
    file,
    speed,
    forMs,
    startGateway: startStandalone,
    progress: say,
    isOver,
  });
  const { lines, isGood } = replayReport(outcome);
  for (const line of lines) say(line);
  return isGood ? EXIT.ok : 1;
}

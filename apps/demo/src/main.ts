import {
  Demo,
  HURRIED_LIMITS,
  RecordingError,
  Stage,
  lineDisplay,
  replay,
  replayReport,
  reportOf,
  startStandalone,
  terminalDisplay,
  verdictOf,
} from '#libs/drill';
import { EXIT, systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { existsSync } from 'node:fs';
import { type DemoConfig, USAGE, UsageError, readDemoConfig } from './demo.config.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

let wasInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one is meant.
    if (wasInterrupted) process.exit(1);
    wasInterrupted = true;
  });
}

try {
  process.exit(await run());
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(error instanceof RecordingError ? EXIT.usage : EXIT.software);
}

async function run(): Promise<number> {
  let config: DemoConfig;
  try {
    config = readDemoConfig(process.argv.slice(2));
    if (config.show === 'replay' && !existsSync(config.file)) {
      throw new UsageError(`--replay: there is no file ${config.file}`);
    }
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`);
    return EXIT.usage;
  }
  if (config.show === 'help') {
    say(USAGE);
    return EXIT.ok;
  }
  return config.show === 'replay' ? showReplay(config) : showIncidents(config);
}

async function showIncidents({ clients, forMs }: Extract<DemoConfig, { show: 'incidents' }>): Promise<number> {
  say(`Holdfast demo: a simulated Binance, a gateway, ${clients} clients; all on this machine.`);
  const display = process.stdout.isTTY ? terminalDisplay(process.stdout) : lineDisplay(say);
  const isOver = (): boolean => wasInterrupted;
  const demo = new Demo({ clock, display, clients, isOver, ...(forMs === undefined ? {} : { forMs }) });
  const simulator = await Simulator.start({ clock, pace: 3, limits: HURRIED_LIMITS });
  const gateway = await startStandalone(simulator);
  const stage = new Stage({ clock, simulator, gateway, clients, onlooker: demo.onlooker });
  say(`Clients connect to ${gateway.url}, operators to ${gateway.opsUrl}.`);
  await stage.start();
  const outcome = await demo.run(stage);
  say('');
  for (const line of reportOf(outcome)) say(line);
  await stage.stop();
  return verdictOf(outcome).isGood ? EXIT.ok : 1;
}

async function showReplay({ file, speed, forMs }: Extract<DemoConfig, { show: 'replay' }>): Promise<number> {
  say(`Holdfast replay: ${file}, ${speed} times as fast as recorded, through simulator, gateway and two clients.`);
  const outcome = await replay({
    clock,
    file,
    speed,
    forMs,
    startGateway: (simulator) => startStandalone(simulator),
    progress: say,
    isOver: () => wasInterrupted,
  });
  const { lines, isGood } = replayReport(outcome);
  for (const line of lines) say(line);
  return isGood ? EXIT.ok : 1;
}

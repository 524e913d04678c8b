import { EXIT } from '#libs/core';
import {
  DRILLS,
  HURRIED_LIMITS,
  Stage,
  findDrill,
  perform,
  reportOf,
  startStandalone,
  tableOf,
  verdictOf,
} from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { Trouble, say } from './trouble.js';

/** Prints every drill with its sentence. */
export function listDrills(): void {
  const columns = [
    { title: 'drill', cell: ({ name }: { name: string }) => name },
    { title: 'what happens', cell: ({ says }: { says: string }) => says },
  ];
  for (const line of tableOf(columns, DRILLS)) say(line);
  say('\nholdfast drill NAME runs one.');
}

/** Runs one drill from beginning to end. Resolves with the exit code: 0 when clients saw nothing but announced gaps. */
export async function drill(name: string, clients: number): Promise<number> {
  const wanted = findDrill(name);
  if (!wanted) throw new Trouble(`There is no drill ${name}; holdfast drill lists them.`, EXIT.usage);
  say(`${wanted.name}: ${wanted.says}\n`);
  const simulator = await Simulator.start({ clock, pace: 3, limits: HURRIED_LIMITS });
  const gateway = await startStandalone(simulator);
  const stage = new Stage({ clock, simulator, gateway, clients });
  try {
    await stage.start();
    const failures = await perform(wanted, stage, (line) => say(`  ${line}`));
    const outcome = await stage.outcome(failures);
    say('');
    for (const line of reportOf(outcome)) say(line);
    return verdictOf(outcome).isGood ? EXIT.ok : 1;
  } finally {
    await stage.stop();
  }
}

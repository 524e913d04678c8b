import { EXIT } from '#libs/core';
import { findDrill } from '#libs/course';
import { HURRIED_LIMITS, Stage, perform, reportOf, startStandalone, verdictOf } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { width, readerGone, say } from './output.js';
import { CommandTrouble } from './trouble.js';

/** Runs one drill from beginning to end. Resolves with the exit code: 0 when clients saw nothing but announced gaps. */
export async function drill(name: string, clients: number): Promise<number> {
  const wanted = findDrill(name);
  if (!wanted) throw new CommandTrouble(`There is no drill ${name}; holdfast drill lists them.`, EXIT.usage);
  say(`${wanted.name}: ${wanted.says}\n`);
  const simulator = await Simulator.start({ clock, pace: 3, limits: HURRIED_LIMITS });
  const gateway = await startStandalone(simulator);
  const stage = new Stage({ clock, simulator, gateway, clients });
  try {
    await stage.start();
    const failures = await Promise.race([perform(wanted, stage, (line) => say(`  ${line}`)), readerGone]);
    // Nobody reads the verdict, and so there is none.
    if (!failures) return 1;
    const outcome = await stage.outcome(failures);
    say('');
    for (const line of reportOf(outcome, width())) say(line);
    return verdictOf(outcome).isGood ? EXIT.ok : 1;
  } finally {
    await stage.stop();
  }
}

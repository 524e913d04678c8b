import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { CATALOGUE } from './catalogue.js';
import type { Outcome } from './suite/outcome.js';
import { type Benchmark, type Choices, type Common, FLAGS, commonFlags } from './suite/plan.js';
import { profiled } from './suite/profile.js';
import { recordOf, writeRecord } from './suite/record.js';

/** Exit codes: something was lost, or took too long; the command was called wrongly. */
const FAILED = 1;
const MISUSED = 2;

/** The documents show pictures from here. */
const PLOTS = 'bench/plots';

const names = Object.keys(CATALOGUE).toSorted((one, other) => one.localeCompare(other));

const program = new Command('npm run bench --')
  .description('Measures Holdfast beside its peers and limits, in the same run. Without a name: everything.')
  .exitOverride()
  .enablePositionalOptions()
  .argument('[name]', 'one benchmark')
  .action(async (name: string | undefined, asked: Common) => {
    if (name !== undefined) program.error(`No benchmark is called ${name}. NAME is one of: ${names.join(', ')}`);
    const { runAll } = await import('./all.js');
    const failed = await runAll(asked);
    if (failed.length === 0) return;
    console.error(`Failed: ${failed.join(', ')}`);
    process.exitCode = FAILED;
  });
for (const flag of commonFlags(PLOTS)) program.addOption(flag);

for (const [name, benchmark] of Object.entries(CATALOGUE)) {
  const command = program.command(name).description(benchmark.says);
  for (const flag of [...commonFlags(PLOTS), ...benchmark.takes.map((choice) => FLAGS[choice]())])
    command.addOption(flag);
  command.action((asked: Common & Partial<Choices>) => runOne(name, benchmark, asked));
}

process.exitCode = await program.parseAsync().then(
  () => process.exitCode,
  (error: unknown) => {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED;
    throw error;
  },
);

async function runOne(name: string, benchmark: Benchmark, asked: Common & Partial<Choices>): Promise<void> {
  const act = (): Promise<Outcome> => benchmark.run(asked);
  const isOurs = benchmark.isInProcess && asked.cpuProfile !== undefined;
  const { ratios, numbers, plots = [] } = await (isOurs ? profiled(name, asked.cpuProfile ?? '', act) : act());
  const { ratioTable } = await import('./suite/table.js');
  if (ratios.length > 0) console.log(`\n${ratioTable({ [name]: ratios })}`);
  if (asked.json !== undefined) await writeRecord(asked.json, recordOf({ [name]: { ratios, numbers } }));
  if (asked.plots !== undefined) await draw(asked.plots, name, { ratios, numbers, plots });
}

async function draw(folder: string, name: string, { ratios, plots = [] }: Outcome): Promise<void> {
  const { linePlot, ratioPlot } = await import('./suite/plot.js');
  await mkdir(folder, { recursive: true });
  if (ratios.length > 0) await writeFile(join(folder, `${name}.svg`), ratioPlot(name, ratios));
  for (const plot of plots) await writeFile(join(folder, `${name}-${plot.name}.svg`), linePlot(plot));
}

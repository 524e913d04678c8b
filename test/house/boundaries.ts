/**
 * Holds the import rules of `import-rules.ts`, and that the folders of a room import one another one way only; fails when it
 * saw nothing, because then nothing was held.
 */
import { type ICruiseResult, type ICruiseOptions, cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { existsSync, readdirSync } from 'node:fs';
import { folderOf, folderRings } from './folder-rings.ts';
import { importRules } from './import-rules.ts';

const roots = ['apps', 'libs', 'test', 'bench'].filter((folder) => existsSync(folder));
const options: ICruiseOptions = {
  validate: true,
  ruleSet: { forbidden: importRules },
  doNotFollow: { path: 'node_modules' },
  exclude: { path: '^dist/' },
  tsPreCompilationDeps: true,
  enhancedResolveOptions: { conditionNames: ['source', 'import', 'node', 'types'], exportsFields: ['exports'] },
};
const { output } = await cruise(roots, options, undefined, { tsConfig: extractTSConfig('tsconfig.json') });
const { modules, summary } = output as ICruiseResult;

const unseen = readdirSync('libs').filter(
  (room) => !modules.some(({ source }) => source === `libs/${room}/src/index.ts`),
);
for (const room of unseen) console.error(`libs/${room}/src/index.ts was not seen: a room has one face`);

const because = new Map(importRules.map(({ name, comment }) => [name, comment]));
for (const { rule, from, to } of summary.violations) {
  console.error(`${rule.name}: ${from} -> ${to}\n  ${because.get(rule.name) ?? ''}`);
}

const imports = modules.flatMap(({ source, dependencies }) =>
  dependencies.map(({ resolved }) => ({ from: source, to: resolved })),
);
const rings = folderRings(imports);
for (const ring of rings) {
  console.error(`folder ring: ${ring.map(({ from }) => folderOf(from)).join(' -> ')} -> and back`);
  for (const { from, to } of ring) console.error(`  ${from} imports ${to}`);
}

console.log(
  `boundaries: ${modules.length} modules, ${summary.violations.length} violations, ${rings.length} rings between folders`,
);
if (modules.length === 0 || unseen.length > 0 || summary.error > 0 || rings.length > 0) process.exit(1);

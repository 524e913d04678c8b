import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../bench/catalogue.js';

const DOCUMENTS = [
  ...globSync(['*.md', 'docs/*.md', '{bench,examples,k8s,libs/client}/README.md', 'k8s/runbook.md']).sort(),
  'libs/simulator/incidents.md',
];

/** A file that runs the command, and words that stand there where it does. */
interface RunIn {
  file: string;
  words: string;
}
/** Why nothing runs it. */
type Why = string;

const inFile = (file: string, words: string): RunIn => ({ file, words });
const readme = (words: string): RunIn => inFile('test/stories/readme.redis.test.ts', words);
const examples = (words: string): RunIn => inFile('test/stories/examples.redis.test.ts', words);
const commandLine = (words: string): RunIn => inFile('test/stories/command-line.loopback.test.ts', words);
const MINUTES = 'takes minutes; that its name and its options exist is tested below';

/** What runs each command that a document names, by how the command begins. The first that fits counts. */
const PROOFS: readonly (readonly [beginning: RegExp, proof: RunIn | Why])[] = [
  [/^npm ci$/, inFile('.ci/run', 'npm ci')],
  [/^npm test$/, inFile('.ci/run', 'npm test')],
  [/^npm run check(?::\w+)?$/, inFile('.ci/run', 'npm run check')],
  [/^npm run build$/, inFile('package.json', '"test": "npm run --silent build && vitest run"')],
  [/^npm run format$/, 'changes the sources; npm run check says whether it has been run'],
  [/^npm run (?:demo|demo -- --for 20)$/, commandLine("run('demo'")],
  [/^npm run demo -- --replay/, inFile('test/stories/recorded-frames.loopback.test.ts', "'--replay', SAMPLE.file")],
  [/^npm start$/, readme("commandOf('npm start')")],
  [/^(?:HOLDFAST_\S+ )*npm run start:upstream$/, readme("commandOf('HOLDFAST_REDIS_URL')")],
  [/^npm run start:edge$/, readme("commandOf('npm run start:edge')")],
  [/^npm run sim -- --help$/, inFile('apps/simulator/src/simulator.config.test.ts', "'--help'")],
  [/^npm run sim\b/, readme("commandOf('npm run sim')")],
  [/^npm run docs$/, inFile('test/site/site.test.ts', 'test/site/build.ts')],
  [/^npm run release\b/, inFile('test/release/release.test.ts', 'test/release/release.ts')],
  [/^npm run pack:client$/, inFile('test/package/client-package.loopback.test.ts', 'pack.ts')],
  [
    /^npm install (?:--no-save )?\S+\.tgz$/,
    inFile('test/package/client-package.loopback.test.ts', "'install', '--offline'"),
  ],
  [/^npm run asyncapi$/, inFile('package.json', '"check:contract"')],
  [/^npm run screenshots$/, 'takes minutes, and a browser; its scenes are looked at in page.redis.test.ts'],
  [/^npm run mutate\b/, 'takes minutes'],
  [/^npm run (?:bench|soak|fuzz)\b/, MINUTES],
  [/^npx vitest run --project unit\b/, inFile('.ci/run', 'npm test')],
  [/^npx holdfast watch\b/, readme("commandOf('npx holdfast watch btcusdt@trade')")],
  [/^npx holdfast status$/, readme("commandOf('npx holdfast status')")],
  [/^npx holdfast token\b/, commandLine("'token'")],
  [/^npx holdfast drill origin-story$/, commandLine("'drill', 'origin-story'")],
  [/^npx holdfast drill\b/, readme("commandOf('npx holdfast drill')")],
  [/^npx holdfast(?: --version)?$/, commandLine("run('cli'")],
  [/^node examples\/plain-ws\.mjs$/, examples('examples/plain-ws.mjs')],
  [/^node examples\/record\.mjs\b/, examples('examples/record.mjs')],
  [/^node examples\/sdk\.mjs$/, inFile('test/package/client-package.loopback.test.ts', 'sdk.mjs')],
  [/^node examples\/redis-reader\.mjs\b/, inFile('test/stories/redis-readers.redis.test.ts', 'redis-reader.mjs')],
  [/^python3 examples\/redis_reader\.py\b/, inFile('test/stories/redis-readers.redis.test.ts', 'redis_reader.py')],
  [/^python3 examples\/websocket_client\.py$/, examples('examples/websocket_client.py')],
  [/^redis-cli -p 6379 PSUBSCRIBE\b/, examples('redis-cli')],
  [/^redis-cli SUBSCRIBE 'holdfast:spot:\{btcusdt@trade\}'$/, readme("commandOf('redis-cli SUBSCRIBE')")],
  [/^redis-cli (?:SUBSCRIBE|PUBLISH)\b/, readme('^redis-cli (?!-c)')],
  [/^redis-cli -c\b/, inFile('test/stories/cluster.redis.test.ts', 'ssubscribe')],
  [/^redis-cli --latency$/, 'is Redis’ own, and runs until Ctrl-C'],
  [/^docker\b/, 'Docker runs on none of our machines; the files are judged in test/deploy'],
  [/^kubectl (?:apply -k|kustomize)\b/, inFile('test/deploy/manifests.ts', 'kustomize')],
  [/^kubectl\b/, 'needs a cluster'],
  [/^curl\b.*127\.0\.0\.1:9544/, inFile('libs/simulator/src/control/control.loopback.test.ts', '/incidents')],
];

/** In a block, or in back-quotes; without prompt and remark, and each of those that `&&` joins. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/```\w*\n(.*?)```/gs)].flatMap(([, block = '']) => block.split('\n'));
  const prose = text.replaceAll(/```.*?```/gs, '');
  const quoted = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, inner = '']) => inner);
  return [...blocks, ...quoted]
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/\s+#.*$/, '')
        .trim(),
    )
    .filter((line) => /^(?:[A-Z][A-Z_]*=\S+ )*(?:npm|npx|redis-cli|node|python3|kubectl|docker|curl|git) \S/.test(line))
    .flatMap((line) => line.split(' && '));
}

const commands = new Map(DOCUMENTS.flatMap((file) => commandsIn(readFileSync(file, 'utf8')).map((one) => [one, file])));
const proofOf = (command: string) => PROOFS.find(([beginning]) => beginning.test(command))?.[1];

describe('every command that a document names', () => {
  it('is run by a test, or it is written down why not', () => {
    expect(commands.size).toBeGreaterThan(80);
    expect([...commands].filter(([command]) => proofOf(command) === undefined)).toEqual([]);
  });

  it('has its proof where it is said to be, and no proof is of nothing', () => {
    const places = PROOFS.flatMap(([, proof]) => (typeof proof === 'string' ? [] : [proof]));
    const isThere = ({ file, words }: RunIn): boolean => existsSync(file) && readFileSync(file, 'utf8').includes(words);
    expect(places.filter((place) => !isThere(place))).toEqual([]);
    const used = new Set([...commands.keys()].map(proofOf));
    expect(PROOFS.filter(([, proof]) => !used.has(proof)).map(([beginning]) => String(beginning))).toEqual([]);
  });

  it('names a benchmark and options that there are, where it takes too long to be run', () => {
    const sources = globSync('bench/**/*.ts')
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    const long = [...commands.keys()].map((command) => /^npm run (bench|soak|fuzz)\b(?: -- (.+))?/.exec(command));
    for (const [command, script = '', args = ''] of long.flatMap((match) => (match ? [match] : []))) {
      const name = script === 'bench' ? /^[a-z]+/.exec(args)?.[0] : undefined;
      if (name !== undefined) expect([command, Object.hasOwn(CATALOGUE, name)]).toEqual([command, true]);
      for (const [, option] of args.matchAll(/--([\w-]+)/g)) expect(sources).toMatch(new RegExp(`\\b${option}\\b`));
    }
  });
});

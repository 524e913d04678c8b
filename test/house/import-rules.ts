import type { DependencyType, IForbiddenRuleType } from 'dependency-cruiser';

interface Room {
  rooms: string[];
  /** A trailing slash allows a whole scope; `node:` allows every module of Node's own. */
  packages: string[];
  because: string;
}

/** Who may import whom. Each room lists what it may reach; anything else is refused, with the reason. */
const ROOMS: Record<string, Room> = {
  clock: {
    rooms: ['core'],
    packages: [],
    because: 'clock is the real time: all else is handed one, and tests hand another',
  },
  core: { rooms: [], packages: [], because: 'core is our words: pure, it imports nothing' },
  binance: {
    rooms: ['core'],
    packages: [
      'class-validator',
      'class-transformer',
      'class-validator-jsonschema',
      'ajv',
      'reflect-metadata',
      'node:buffer',
    ],
    because: 'binance is their words: pure, knows core only; class-validator declares the frames',
  },
  link: { rooms: ['core'], packages: [], because: 'link runs in browsers too: the socket is handed in' },
  bus: {
    rooms: ['core', 'runtime'],
    packages: ['ioredis', 'cluster-key-slot', '@nestjs/common', 'node:crypto', 'node:perf_hooks'],
    because: 'bus carries texts; it must not know what they mean',
  },
  rest: {
    rooms: ['core', 'binance', 'link', 'bus', 'runtime'],
    packages: ['undici', 'node:'],
    because: 'rest asks Binance’s REST API; only it knows undici, so that no request leaves whose weight was not taken',
  },
  upstream: {
    rooms: ['core', 'binance', 'link', 'bus', 'rest', 'runtime'],
    packages: ['ws', '@nestjs/common', 'node:'],
    because: 'upstream keeps the feed whole; it never knows who listens',
  },
  edge: {
    rooms: ['core', 'binance', 'bus', 'rest', 'runtime', 'tokens'],
    packages: [
      'uWebSockets.js',
      '@nestjs/',
      'class-validator',
      'class-transformer',
      'rxjs',
      'reflect-metadata',
      'node:',
    ],
    because: 'edge serves clients from the bus; it talks to Binance through rest alone, within the share of clients',
  },
  client: { rooms: ['core', 'link'], packages: [], because: 'the SDK must stay small and run in browsers' },
  simulator: {
    rooms: ['clock', 'core'],
    packages: ['ws', 'node:'],
    because: 'the fake Binance must not share code with what it tests',
  },
  page: {
    rooms: ['core', 'client'],
    packages: ['preact', 'uplot'],
    because:
      'page is what people see in browsers: how it is told is pure, its views run there alone, and what streams say they hear by the SDK, as any client',
  },
  ops: {
    rooms: ['core', 'page', 'bus', 'release', 'runtime'],
    packages: ['@nestjs/common', 'node:'],
    because: 'ops looks at a process from outside, by what every part of it tells operators; it knows no part',
  },
  release: {
    rooms: [],
    packages: ['node:fs', 'node:path', 'node:url'],
    because: 'release says which program this is, before anything else of it is loaded',
  },
  tokens: {
    rooms: ['core'],
    packages: ['node:crypto'],
    because: 'tokens says what a token is and may; the command that makes one loads no server',
  },
  terminal: {
    rooms: ['core', 'page'],
    packages: ['log-update', 'string-width', 'node:util'],
    because: 'terminal lays out what people read on one; it is loaded by every command, so it must stay light',
  },
  runtime: {
    rooms: ['clock', 'core', 'release', 'terminal', 'tokens'],
    packages: [
      '@nestjs/',
      'class-validator',
      'class-transformer',
      'prom-client',
      'pino',
      'jose',
      'reflect-metadata',
      'rxjs',
      'node:',
    ],
    because: 'runtime is below every app and above nothing but core',
  },
  course: {
    rooms: ['core', 'simulator'],
    packages: [],
    because: 'course says what drills there are; to list them takes no gateway',
  },
  drill: {
    rooms: [
      'core',
      'binance',
      'bus',
      'client',
      'course',
      'edge',
      'ops',
      'page',
      'terminal',
      'upstream',
      'simulator',
      'runtime',
    ],
    packages: ['ws', '@nestjs/common', 'node:'],
    because: 'drill runs a whole gateway against the simulator; nobody in the product may import it',
  },
};

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const npm = (name: string): string[] =>
  name.startsWith('node:')
    ? []
    : [`node_modules/(${name.endsWith('/') ? escape(name) : `${escape(name)}/`}|@types/${escape(name)}/)`];
/** Node's own modules appear without the prefix; 'node:' allows all of them. */
const builtin = (name: string): string[] =>
  name === 'node:' ? ['^node:'] : name.startsWith('node:') ? [`^(node:)?${escape(name.slice(5))}$`] : [];

const FROM_NPM: DependencyType[] = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'];

const roomRules: IForbiddenRuleType[] = Object.entries(ROOMS).flatMap(
  ([room, { rooms, packages, because }]): IForbiddenRuleType[] => [
    {
      name: `${room}-rooms`,
      comment: `${because}. Allowed rooms: ${rooms.join(', ') || 'none'}.`,
      severity: 'error',
      from: { path: `^libs/${room}/`, pathNot: '\\.(test|contract|rig)\\.ts$' },
      to: {
        path: '^(libs|apps|test|bench)/',
        pathNot: [`^libs/${room}/`, ...rooms.map((other) => `^libs/${other}/src/index\\.ts$`)],
      },
    },
    {
      name: `${room}-packages`,
      comment: `${because}. Packages it owns: ${packages.join(', ') || 'none'}.`,
      severity: 'error',
      from: { path: `^libs/${room}/`, pathNot: '\\.(test|contract|rig)\\.ts$' },
      to: {
        dependencyTypes: packages.includes('node:') ? FROM_NPM : [...FROM_NPM, 'core'],
        pathNot: packages.flatMap((name) => [...npm(name), ...builtin(name)]),
      },
    },
  ],
);

export const importRules: IForbiddenRuleType[] = [
  ...roomRules,
  {
    name: 'no-foreign-insides',
    comment: 'Never reach into another room: its index.ts is its face.',
    severity: 'error',
    from: { path: '^libs/([^/]+)/' },
    to: { path: '^libs/[^/]+/src/(?!index\\.ts$)', pathNot: '^libs/$1/' },
  },
  {
    name: 'no-insides-from-outside',
    comment: 'Apps, tests and benchmarks use the faces of rooms too.',
    severity: 'error',
    from: { path: '^(apps|test|bench)/' },
    to: { path: '^libs/[^/]+/src/(?!index\\.ts$)' },
  },
  {
    name: 'apps-are-leaves',
    comment: 'An app is deployed, not imported.',
    severity: 'error',
    from: { path: '^(libs|bench|apps/([^/]+))/' },
    to: { path: '^apps/', pathNot: '^apps/$2/' },
  },
  {
    name: 'nobody-imports-drill',
    comment: 'The drill is for demos, drills, stories and benchmarks; the product must run without it.',
    severity: 'error',
    from: { pathNot: '^(libs/drill|apps/(demo|cli)|test|bench)/' },
    to: { path: '^libs/drill/' },
  },
  {
    name: 'one-file-knows-ws',
    comment: 'In upstream only ws-socket.ts knows the package ws, so that bytes have one way in.',
    severity: 'error',
    from: { path: '^libs/upstream/', pathNot: ['/ws-socket[^/]*\\.ts$', '\\.test\\.ts$'] },
    to: { path: 'node_modules/(@types/)?ws/' },
  },
  {
    name: 'one-file-knows-uwebsockets',
    comment: 'In edge only uws-adapter.ts knows uWebSockets.js.',
    severity: 'error',
    from: { path: '^libs/edge/', pathNot: '/uws-adapter[^/]*\\.ts$' },
    to: { path: 'node_modules/uWebSockets\\.js/' },
  },
  {
    name: 'one-file-knows-ioredis',
    comment: 'In bus only the files in redis/ know ioredis.',
    severity: 'error',
    from: { path: '^libs/bus/', pathNot: ['/redis[^/]*\\.ts$', '/redis/', '\\.test\\.ts$'] },
    to: { path: 'node_modules/ioredis/' },
  },
  {
    name: 'no-cycles',
    comment: 'Data flows one way, and so do imports.',
    severity: 'error',
    from: { path: '^(libs|apps)/' },
    to: { circular: true },
  },
  {
    name: 'production-code-needs-production-packages',
    comment: 'What the image runs must be in dependencies, not in devDependencies.',
    severity: 'error',
    from: { path: '^(libs|apps)/', pathNot: '\\.(test|contract|rig)\\.ts$' },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'resolvable',
    comment: 'Every import must lead somewhere, or the other rules see nothing.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
];

import type { InlineConfig, UserConfig } from 'tsdown';

/** Of the SDK: its face is all there is. */
export const CLIENT_ENTRY = 'libs/client/src/index.ts';

/** How the SDK is made into one file, wherever it is to run. */
export const oneFile = {
  format: 'esm',
  fixedExtension: false,
  hash: false,
  report: false,
  logLevel: 'warn',
  failOnWarn: true,
  // No package goes in: the SDK depends on nothing. That it imports none either is held by its test.
  deps: { onlyBundle: [] },
  treeshake: { moduleSideEffects: false },
  // Says how slow a busy machine is.
  checks: { pluginTimings: false },
  inputOptions: { resolve: { conditionNames: ['source', 'import', 'default'] } },
} satisfies InlineConfig;

/** For pages: as small as it gets. */
export const forPages = {
  ...oneFile,
  entry: { browser: CLIENT_ENTRY },
  platform: 'browser',
  target: 'es2022',
  clean: false,
  dts: false,
  minify: true,
} satisfies InlineConfig;

/** `npm run build` puts it where the page finds it that shows streams. */
export default { ...forPages, outDir: 'dist/libs/client' } satisfies UserConfig;

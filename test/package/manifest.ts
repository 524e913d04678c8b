/** The name under which programs import the SDK. */
export const NAME = 'holdfast-client';

/** What the package says of itself; version and licence are the repository's. */
export const manifestOf = ({ version, license }: { version: string; license: string }) => ({
  name: NAME,
  version,
  description: 'Market data from a Holdfast gateway: typed events, loops, feed states, order books. Browsers and Node.',
  keywords: ['holdfast', 'binance', 'market-data', 'websocket', 'order-book'],
  license,
  type: 'module',
  sideEffects: false,
  engines: { node: '>=22' },
  files: ['browser.js', 'index.js', 'index.d.ts'],
  types: './index.d.ts',
  exports: {
    '.': {
      types: './index.d.ts',
      browser: './browser.js',
      node: './index.js',
      default: './browser.js',
    },
    './package.json': './package.json',
  },
});

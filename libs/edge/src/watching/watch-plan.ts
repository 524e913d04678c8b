import type { PagePlan } from '#libs/runtime';

/** What the page loads on which people watch streams. Anybody may have these files, so they are no more than it needs. */
export const WATCH_PLAN: PagePlan = {
  title: 'Holdfast: watch streams',
  own: [
    'libs/page/src/watch',
    'libs/page/src/seen',
    'libs/page/src/view/parts.js',
    'libs/page/src/view/charts/chart.js',
    'libs/page/src/view/page.css',
  ],
  ours: {
    // Of all our words the page needs how numbers are written.
    '#libs/core': 'libs/core/src/for-people.js',
    '#libs/client': 'libs/client/browser.js',
  },
  packages: {
    preact: 'preact/dist/preact.mjs',
    'preact/hooks': 'preact/hooks/dist/hooks.mjs',
    'preact/jsx-runtime': 'preact/jsx-runtime/dist/jsxRuntime.mjs',
    uplot: 'uplot/dist/uPlot.esm.js',
  },
  styles: ['uplot/dist/uPlot.min.css', 'libs/page/src/view/page.css', 'libs/page/src/watch/watch.css'],
  main: 'libs/page/src/watch/main.js',
  assetsAt: './watch/assets',
  before:
    'Loading … This page needs JavaScript. Programs connect to <code>/ws</code>, <code>/stream</code> and <code>/v1</code>.',
};

import type { PagePlan } from '#libs/runtime';

const PLOT_STYLE = 'uplot/dist/uPlot.min.css';

/** What the operators' page loads. */
export const PAGE_PLAN: PagePlan = {
  title: 'Holdfast',
  own: ['libs/page/src'],
  // Of all our words the page needs how numbers are written.
  ours: { '#libs/core': 'libs/core/src/for-people.js' },
  packages: {
    preact: 'preact/dist/preact.mjs',
    'preact/hooks': 'preact/hooks/dist/hooks.mjs',
    'preact/jsx-runtime': 'preact/jsx-runtime/dist/jsxRuntime.mjs',
    uplot: 'uplot/dist/uPlot.esm.js',
  },
  styles: [PLOT_STYLE, 'libs/page/src/view/page.css'],
  main: 'libs/page/src/view/main.js',
  assetsAt: './assets',
  before: 'Loading … Without JavaScript, see <a href="./status">/status</a>.',
};

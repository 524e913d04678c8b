import type { Health } from './page.js';

/** How a process is, in words; the page and `holdfast status` begin with it. */
export const HEALTH_SAYS: Readonly<Record<Health, string>> = {
  well: 'All is well',
  impaired: 'Clients stay connected, but not all is well',
  down: 'Not ready',
};

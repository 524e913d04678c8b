/** How a request for the page, or for one of its files, was answered. */
export const PAGE_ENDINGS = [
  'shown',
  'file',
  'unchanged',
  'redirected',
  /** Whether somebody may come in, and why not. */
  'judged',
  'not-found',
  'bad-method',
] as const;

export type PageEnding = (typeof PAGE_ENDINGS)[number];

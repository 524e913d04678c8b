import { type Health, type Page, nameOf } from '#libs/page';

type Reasons = Readonly<Record<string, string>>;

/** What `/readyz` answers. */
export interface Readiness {
  troubles?: Reasons;
  behind?: Reasons;
}

/**
 * The page, with what was asked now: it looks once a second, and not before its process has begun to serve, so that what it says of
 * readiness may be over, or may not have been seen.
 */
export function asOf({ troubles = {}, behind = {} }: Readiness, page: Page): Page {
  const { verdict } = page;
  const isReady = Object.keys(troubles).length === 0;
  if (isReady === (verdict.health !== 'down')) return page;
  const health: Health = !isReady ? 'down' : Object.keys(behind).length > 0 ? 'impaired' : 'well';
  const reasons = Object.entries({ ...troubles, ...behind }).map(([name, why]) => ({ what: nameOf(name), why }));
  return { ...page, verdict: { health, sinceAt: page.at, reasons } };
}

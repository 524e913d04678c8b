import type { Page } from '#libs/page';
import { until } from '../until.js';
import type { PageStage } from './stage.js';

/** An incident as somebody sees it who looks at a page, knowing nothing. */
export interface PageScene {
  name: string;
  /** What really happens. */
  says: string;
  begin: () => Promise<PageStage>;
  /** Whose page for operators is looked at, or that on which streams are watched. */
  at: 'reading' | 'serving' | 'streams';
  /** What it must say before anything happens. */
  before?: RegExp;
  /** Resolves when it has happened, as far as the gateway is concerned. */
  strike: (stage: PageStage) => Promise<void>;
  /** What the page must say. */
  shows: readonly RegExp[];
  /** What the browser's tab must say. */
  tab: RegExp;
  /** What a browser itself complains about then. */
  complaints?: RegExp;
}

/** Where a scene is looked at: of the page of streams the bare address, as a newcomer types it. */
export const addressOf = ({ at }: PageScene, stage: PageStage): string =>
  at === 'streams' ? `http://127.0.0.1:${stage.wayOfBrowser?.nearPort ?? 0}/` : stage[at].opsUrl;

export const WITHIN = { deadlineMs: 30_000 };

/** Asks ten times a second, not two hundred times: a page, and what a browser makes of it, cost more than a look at a value. */
export function seldom(ask: () => Promise<boolean>): () => Promise<boolean> {
  let askedAt = -Infinity;
  return async () => {
    if (performance.now() - askedAt < 100) return false;
    askedAt = performance.now();
    return ask();
  };
}

/** The page of a process, as a program reads it. */
export async function readPage(opsUrl: string): Promise<Page> {
  const { page } = (await (await fetch(`${opsUrl}/page.json`)).json()) as { page: Page };
  return page;
}

/** Resolves when the operators' page of the gateway says this anywhere. */
export const says = (opsUrl: string, what: RegExp): Promise<boolean> =>
  until(
    seldom(async () => what.test(JSON.stringify(await readPage(opsUrl)))),
    { ...WITHIN, what: `the page says ${what}` },
  );

export const reads = ({ reading }: PageStage, what: RegExp): Promise<boolean> => says(reading.opsUrl, what);

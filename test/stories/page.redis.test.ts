import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertBuilt } from '../support/built.js';
import { SCHEMES, WIDTHS, type Width, executablePath, openBrowser, openTab } from '../support/page/browser.js';
import { type PageScene, SCENES, seldom } from '../support/page/scenes.js';
import { type PageStage, aloneStage, twoRolesStage } from '../support/page/stage.js';
import { until } from '../support/until.js';

/** What a page shows is told by `libs/page`; here it is looked at, by a browser, as a person would. */
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Those of WCAG 2.1, A and AA; what passes is not listed, which takes longer than to judge it. */
const RULES = { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] };

interface Violation {
  id: string;
  impact: string | null;
  nodes: { html: string; failureSummary?: string }[];
}

let browser: Browser;
let tab: Tab;
let complaints: string[];

const sceneOf = (name: string): PageScene => {
  const scene = SCENES.find((one) => one.name === name);
  if (!scene) throw new Error(`no scene ${name}`);
  return scene;
};

const text = (): Promise<string> => tab.locator('body').innerText();

/** Resolves when the page says all of this. */
const shows = async (wanted: readonly RegExp[]): Promise<void> => {
  for (const what of wanted)
    await until(
      seldom(async () => what.test(await text())),
      { deadlineMs: 30_000, what: `${what}` },
    );
};

/** What is serious, by the rules of accessibility. The rules are brought in past the page's own policy, which forbids foreign scripts. */
async function serious(): Promise<string[]> {
  const { violations } = await tab.evaluate<{ violations: Violation[] }>(`axe.run(${JSON.stringify(RULES)})`);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`));
}

async function bringRules(): Promise<void> {
  const session = await tab.context().newCDPSession(tab);
  await session.send('Runtime.evaluate', { expression: readFileSync(axePath, 'utf8') });
  await session.detach();
}

/** Two looks meet both widths and both schemes; the next two meet the other pairs. */
const LOOKS = [
  ['desk', 'light'],
  ['phone', 'dark'],
  ['desk', 'dark'],
  ['phone', 'light'],
] as const satisfies readonly (readonly [Width, (typeof SCHEMES)[number]])[];

/** What is serious by the rules of accessibility, and what is wider than the screen. */
async function judge(looks: readonly (typeof LOOKS)[number][]): Promise<string[]> {
  const faults: string[] = [];
  await bringRules();
  for (const [width, colorScheme] of looks) {
    await tab.setViewportSize(WIDTHS[width]);
    await tab.emulateMedia({ colorScheme });
    for (const fault of await serious()) faults.push(`${width} ${colorScheme}: ${fault}`);
    const tooWide = await tab.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    if (tooWide > 0) faults.push(`${width}: ${tooWide} pixels wider than the screen`);
  }
  await tab.setViewportSize(WIDTHS.desk);
  return faults;
}

describe.skipIf(!executablePath)('the operators’ page in a browser', { timeout: 90_000 }, () => {
  let alone: PageStage;
  let two: PageStage;
  beforeAll(async () => {
    assertBuilt();
    browser = await openBrowser();
    ({ tab, complaints } = await openTab(browser));
    alone = await aloneStage({ HOLDFAST_MAX_CLIENT_BACKLOG_BYTES: '262144' });
  });
  afterAll(async () => {
    await browser?.close();
    await two?.stop();
    await alone?.stop();
  });

  /** One scene after the other befalls the same gateway: what came before is still told. */
  const look = async (name: string, stage: PageStage, looks: Parameters<typeof judge>[0]): Promise<string[]> => {
    const scene = sceneOf(name);
    await tab.goto(stage[scene.at].opsUrl);
    await scene.strike(stage);
    await shows(scene.shows);
    await until(async () => scene.tab.test(await tab.title()), { what: `the tab says ${scene.tab}` });
    return [...(await judge(looks)), ...complaints.splice(0)];
  };
  const [FIRST, SECOND] = [LOOKS.slice(0, 2), LOOKS.slice(2)];

  it('says that all is well', async () => {
    expect(await look('calm', alone, LOOKS)).toEqual([]);
  });

  it('leaves a selection where it is while numbers change', async () => {
    const { before, after } = await selectionOverTime();
    expect(before).toMatch(/@/);
    expect(after).toBe(before);
  });

  it('asks before it gives a command', async () => {
    expect(await attemptsByCommand(alone.reading.opsUrl)).toEqual({ refused: 0, confirmed: 1 });
  });

  it('says what happened, who did it and what was lost: drops', async () => {
    expect(await look('several', alone, FIRST)).toEqual([]);
  });

  it('says what happened, who did it and what was lost: Binance refuses', async () => {
    expect(await look('binance-refuses', alone, SECOND)).toEqual([]);
    alone.simulator.strike({ name: 'clear' });
    await shows([/All is well/]);
  });

  it('says what happened, who did it and what was lost: a client that does not read', async () => {
    expect(await look('client-slow', alone, [])).toEqual([]);
  });

  it('says what happened, who did it and what was lost: an upstream that is not heard', async () => {
    two = await twoRolesStage();
    expect(await look('upstream-dies', two, SECOND)).toEqual([]);
  });

  it('shows another process of the bus, and comes back', async () => {
    two.wayOfUpstream?.behave({});
    two.wayOfUpstream?.reset();
    await shows([/All is well/]);
    await tab.getByRole('link', { name: /^upstream/ }).click();
    await shows([/^upstream on/m, /Connections to Binance/, /give commands on its own page/]);
    await tab.reload();
    await shows([/^upstream on/m, /give commands on its own page/]);
    await tab.getByRole('link', { name: /^edge/ }).click();
    await shows([/^edge on/m, /Clients/]);
    expect(complaints.splice(0)).toEqual([]);
  });

  it('says what happened, who did it and what was lost: Redis is gone', async () => {
    expect(await look('redis-dies', two, FIRST)).toEqual([]);
  });
});

/** What is selected before and after the page has changed. */
async function selectionOverTime(): Promise<{ before: string; after: string }> {
  const shown = (): Promise<string> => tab.evaluate(`document.querySelector('.verdict .for').textContent`);
  const selected = (): Promise<string> => tab.evaluate('getSelection().toString()');
  await tab.evaluate(`getSelection().selectAllChildren(document.querySelector('#streams tbody code'))`);
  const [before, was] = [await selected(), await shown()];
  await until(async () => (await shown()) !== was);
  return { before, after: await selected() };
}

/** How many attempts to connect there are more, after a command that was asked about and refused, and after one that was confirmed. */
async function attemptsByCommand(opsUrl: string): Promise<{ refused: number; confirmed: number }> {
  const attempts = async (): Promise<number> => {
    const { journal } = (await (await fetch(`${opsUrl}/status`)).json()) as { journal: unknown[] };
    return journal.length;
  };
  const before = await attempts();
  const ask = (): Promise<void> => tab.getByRole('button', { name: 'rotate …' }).click();
  await ask();
  await tab.getByRole('button', { name: 'No', exact: true }).click();
  await shows([/Nothing was done/]);
  const refused = (await attempts()) - before;
  await ask();
  await tab.getByRole('button', { name: 'Yes, rotate' }).click();
  await shows([/rotate: done/, /We ended connection \d as planned/]);
  return { refused, confirmed: (await attempts()) - before };
}

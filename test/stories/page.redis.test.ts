import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page as Tab } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertBuilt } from '../support/built.js';
import { SCHEMES, WIDTHS, type Width, executablePath, openBrowser, openTab } from '../support/page/browser.js';
import { type PageScene, addressOf, seldom } from '../support/page/scene.js';
import { SCENES } from '../support/page/scenes.js';
import { type PageStage, aloneStage, guardedStage, twoRolesStage } from '../support/page/stage.js';
import { until } from '../support/until.js';

/** What pages show is told by `libs/page`; here they are looked at, by a browser, as a person would. */
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
  let said = '';
  for (const what of wanted)
    await until(
      seldom(async () => what.test((said = await text()))),
      { deadlineMs: 30_000, what: `${what}` },
    ).catch(({ message }: Error) => {
      throw new Error(`${message}; the page says: ${said.slice(0, 2_000)}`);
    });
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

describe.skipIf(!executablePath)('the pages in a browser', { timeout: 90_000 }, () => {
  let alone: PageStage;
  let two: PageStage;
  let guarded: Awaited<ReturnType<typeof guardedStage>>;
  beforeAll(async () => {
    assertBuilt();
    browser = await openBrowser();
    ({ tab, complaints } = await openTab(browser));
    alone = await aloneStage({ HOLDFAST_MAX_CLIENT_BACKLOG_BYTES: '262144' });
  });
  afterAll(async () => {
    await browser?.close();
    await two?.stop();
    await guarded?.stop();
    await alone?.stop();
  });

  /** One scene after the other befalls the same gateway: what came before is still told. */
  const look = async (name: string, stage: PageStage, looks: Parameters<typeof judge>[0]): Promise<string[]> => {
    const scene = sceneOf(name);
    await tab.goto(addressOf(scene, stage));
    if (scene.before) await shows([scene.before]);
    await scene.strike(stage);
    await shows(scene.shows);
    await until(async () => scene.tab.test(await tab.title()), { what: `the tab says ${scene.tab}` });
    const faults = await judge(looks);
    return [...faults, ...complaints.splice(0).filter((text) => !scene.complaints?.test(text))];
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

  it('shows streams to whoever opens the bare address of a gateway', async () => {
    expect(await look('watch', alone, FIRST)).toEqual([]);
    expect(tab.url()).toBe(`${addressOf(sceneOf('watch'), alone)}watch`);
  });

  it('watches what is picked, says what is no stream, and has it all in the address', async () => {
    await pickStreams();
    await shows([/4 of 5 streams live/, /ethusdt@bookTicker\s+live/, /bnbusdt@trad\s+refused/, /bnbusdt@trade/]);
    const { hash } = new URL(tab.url());
    expect(hash).toBe('#btcusdt@trade/btcusdt@depth@100ms/btcusdt@kline_1s/ethusdt@bookTicker/bnbusdt@trad');
    await tab.reload();
    await shows([/4 of 5 streams live/]);
    for (const name of ['ethusdt@bookTicker', 'bnbusdt@trad'])
      await tab.getByRole('button', { name: `Watch ${name} no more` }).click();
    await shows([/3 of 3 streams live/]);
    expect(complaints.splice(0)).toEqual([]);
  });

  it('loses no word of a stream when Binance drops the gateway', async () => {
    expect(await look('watch-drop', alone, [])).toEqual([]);
  });

  it('shows that it lost the gateway, and what it was given when it was back', async () => {
    expect(await look('watch-lost', alone, SECOND)).toEqual([]);
    alone.wayOfBrowser?.behave({});
    await shows([/connected again, and was given all that came meanwhile: nothing was missed/, /lost once before/]);
    await shows([/3 of 3 streams live/, /all [\d,]+ came/]);
    complaints.splice(0);
  });

  it('asks for a token where one is wanted, and keeps it in the tab', async () => {
    guarded = await guardedStage(alone.simulator);
    await tab.goto(addressOf(sceneOf('watch'), guarded));
    await bringToken('not-this-one');
    await shows([/The gateway does not take this token/]);
    await bringToken(guarded.token);
    await shows([/3 of 3 streams live/, /Forget the token/]);
    expect(await placesOf(guarded.token)).toEqual({ address: false, beyondTheTab: false, tab: true });
    expect(complaints.splice(0)).toEqual([]);
  });

  it('shows a gap: which ids, who told it and why', async () => {
    expect(await look('watch-gap', guarded, [])).toEqual([]);
    alone.simulator.strike({ name: 'clear' });
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

/** Picks one stream by symbol and kind, with the keyboard alone, and types the names of two others, one of them none. */
async function pickStreams(): Promise<void> {
  await tab.getByLabel('Symbol').fill('ETHUSDT');
  await tab.getByLabel('What of it').selectOption('bookTicker');
  await tab.getByLabel('Symbol').press('Enter');
  await tab.getByLabel('Or names, several at once').fill('btcusdt@trade, bnbusdt@trad');
  await tab.keyboard.press('Enter');
}

async function bringToken(token: string): Promise<void> {
  await shows([/This gateway asks who you are|does not take this token/]);
  await tab.getByLabel('Token', { exact: true }).fill(token);
  await tab.keyboard.press('Enter');
}

/** Where a token stands that was brought. */
async function placesOf(token: string): Promise<Record<'address' | 'beyondTheTab' | 'tab', boolean>> {
  const has = (what: string): Promise<boolean> => tab.evaluate<boolean>(`JSON.stringify(${what}).includes('${token}')`);
  const cookies = await tab.context().cookies();
  return {
    address: tab.url().includes(token),
    beyondTheTab: (await has('[{ ...localStorage }, document.cookie]')) || JSON.stringify(cookies).includes(token),
    tab: await has('{ ...sessionStorage }'),
  };
}

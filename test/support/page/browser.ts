import { type Browser, type Page as Tab, chromium } from 'playwright-core';
import { findChromium } from '../chromium.js';

export const executablePath = findChromium();

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: executablePath ?? '',
    args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
  });

/** The widths that are looked at: a desk and a phone. */
export const WIDTHS = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } } as const;

export type Width = keyof typeof WIDTHS;
export const SCHEMES = ['light', 'dark'] as const;

/** A tab in which whatever the page complains about is noted. */
export async function openTab(browser: Browser): Promise<{ tab: Tab; complaints: string[] }> {
  const context = await browser.newContext({ viewport: WIDTHS.desk, reducedMotion: 'reduce' });
  const tab = await context.newPage();
  const complaints: string[] = [];
  tab.on('pageerror', ({ message }) => complaints.push(message));
  tab.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') complaints.push(line.text());
  });
  return { tab, complaints };
}

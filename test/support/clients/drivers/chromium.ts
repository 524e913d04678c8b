import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import type { Drive } from '../driver.js';
import type { Line } from '../lines.js';

/** `page.html` in a browser, from a web server as pages come: with an origin of its own. */
export const drive: Drive = async ({ streams }, tell) => {
  const html = readFileSync(new URL('page.html', import.meta.url));
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  const executablePath = process.env['CHROMIUM'] ?? '';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage();
  page.on('pageerror', ({ message }) => tell({ trouble: message }));
  page.on('crash', () => tell({ trouble: 'the page crashed' }));
  await page.exposeFunction('tell', (lines: Line[]) => lines.forEach(tell));
  await page.goto(`http://127.0.0.1:${port}/?streams=${encodeURIComponent(streams)}`);
  return () => browser.close();
};

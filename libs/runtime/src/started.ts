import type { Log } from './log/log.js';
import type { Service } from './service.js';

/** Where clients connect unless they are told otherwise. */
const USUAL_CLIENTS = '127.0.0.1:9443';
const USUAL_OPS = 'http://127.0.0.1:9464';

/** Says that all parts run, what they wait for, and where to go from here, with addresses that answer. */
export function sayStarted(role: string, services: readonly Service[], opsUrl: string, log: Log): void {
  const clients = services.map(({ url }) => url).find((url) => url?.startsWith('ws'));
  const pageUrl = services.map(({ pageUrl }) => pageUrl).find((url) => url !== undefined);
  log.info({ code: 'process.started', role, next: nextSteps(clients, pageUrl, opsUrl) }, sentence(clients, opsUrl));
  for (const { name, waitsFor } of services)
    if (waitsFor !== undefined) log.info({ code: 'service.waits', service: name }, waitsFor);
}

function sentence(clients: string | undefined, opsUrl: string): string {
  const forClients = clients === undefined ? '' : `clients connect to ${clients}, `;
  return `started: ${forClients}operators look at ${opsUrl}/`;
}

function nextSteps(clients: string | undefined, pageUrl: string | undefined, opsUrl: string): Record<string, string> {
  const operators = {
    'How it is': `${opsUrl}/`,
    'In short': `npx holdfast status${opsUrl === USUAL_OPS ? '' : ` --url ${opsUrl}`}`,
  };
  if (clients === undefined) return operators;
  const url = clients.endsWith(`//${USUAL_CLIENTS}`) ? '' : ` --url ${clients}`;
  return {
    ...(pageUrl !== undefined && { 'Watch streams': pageUrl }),
    'In a terminal': `npx holdfast watch btcusdt@trade${url}`,
    'Binance’s wire': `${clients}/ws/btcusdt@trade`,
    'Native events': `${clients}/v1`,
    ...operators,
  };
}

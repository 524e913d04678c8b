import { once } from 'node:events';
import type { ClientUrls, Line } from './lines.js';

/** Starts a program; resolves, once it is under way, with how to end what would outlive this process. */
export type Drive = (urls: ClientUrls, tell: (line: Line) => void) => Promise<(() => Promise<void>) | undefined>;

/** Libraries read numbers beyond 2^53 as they are. */
const asText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

/**
 * Runs one of the programs of `drivers/` in a process of its own, for libraries log, keep timers and reconnect as they like:
 * `node driver.ts NAME '{"streams":"ws://…","rest":"http://…"}'`. It ends when its standard input does, and with its parent therefore.
 */
const ended = once(process.stdin.resume(), 'end');
const [name = '', urls = '{}'] = process.argv.slice(2);
const { drive } = (await import(new URL(`drivers/${name}.ts`, import.meta.url).href)) as { drive: Drive };
const leave = await drive(JSON.parse(urls) as ClientUrls, (line) => {
  process.stdout.write(`${JSON.stringify(line, asText)}\n`);
});
await ended;
await leave?.();
process.exit(0);

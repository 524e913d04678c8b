/**
 * Records streams as Binance's wire brings them: from a gateway, from Binance, or from the simulator. `npm run demo -- --replay` plays it again.
 *
 *   node examples/record.mjs FILE.jsonl STREAM… [--url ws://127.0.0.1:9443] [--for SECONDS]
 *
 * Beside FILE.jsonl it writes when each frame came (FILE.recv-ns.txt) and, of each stream of diffs, the book that REST gave meanwhile
 * (rest-depth-FILE.jsonl), without which diffs cannot be put on anything.
 */
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { url: { type: 'string' }, for: { type: 'string' } },
});
const [file, ...streams] = positionals;
if (!file?.endsWith('.jsonl') || streams.length === 0) {
  console.error('Expected: node examples/record.mjs FILE.jsonl STREAM… [--url URL] [--for SECONDS]');
  process.exit(64);
}
const url = values.url ?? process.env.GATEWAY_URL ?? 'ws://127.0.0.1:9443';

const frames = [];
const stamps = [];
const books = [];
const asked = [];

/** Fetched when a diff is there already: so the book joins the diffs. */
async function fetchBook(symbol) {
  const request = `/api/v3/depth?symbol=${symbol}&limit=1000`;
  const answer = await fetch(new URL(request, url.replace(/^ws/, 'http')));
  if (!answer.ok) throw new Error(`GET ${request} was answered with ${answer.status}`);
  books.push({ request: `GET ${request}`, body: await answer.json() });
}

const wanted = new Map(
  streams.filter((name) => /@depth(@|$)/.test(name)).map((name) => [name, name.split('@')[0].toUpperCase()]),
);

const socket = new WebSocket(`${url}/stream?streams=${streams.join('/')}`);
socket.addEventListener('message', ({ data }) => {
  stamps.push(process.hrtime.bigint());
  frames.push(data);
  const { stream } = JSON.parse(data);
  const symbol = wanted.get(stream);
  wanted.delete(stream);
  if (symbol) asked.push(fetchBook(symbol).catch(end));
});
socket.addEventListener('error', () => end(new Error(`${url} cannot be reached, or closed the connection`)));

function end(error) {
  const beside = (name) => join(dirname(file), name);
  const stem = basename(file, '.jsonl');
  const lines = (texts) => texts.map((text) => `${text}\n`).join('');
  writeFileSync(file, lines(frames));
  writeFileSync(beside(`${stem}.recv-ns.txt`), lines(stamps.map((stamp) => stamp - stamps[0])));
  if (books.length > 0)
    writeFileSync(beside(`rest-depth-${stem}.jsonl`), lines(books.map((book) => JSON.stringify(book))));
  console.log(`${frames.length} frames in ${file}`);
  if (error instanceof Error) console.error(error.message);
  process.exit(error instanceof Error ? 69 : 0);
}

process.once('SIGINT', end);
if (values.for) setTimeout(() => void Promise.all(asked).then(() => end()), 1_000 * Number(values.for));

import { EXIT, count, counted, duration } from '#libs/core';
import { type Column, JOURNAL_COLUMNS, readJournal, tableOf } from '#libs/drill';
import { whoAnswers } from './answerer.js';
import { lineWidth, say } from './output.js';
import { CommandTrouble } from './trouble.js';

interface Options {
  url: string;
  quarantine?: true;
  json?: true;
}

type Row = Readonly<Record<string, unknown>>;

/** Endings shown; the rest is on `/status`. */
const JOURNAL_ROWS = 12;

/** Prints how a process of ours is, by what its operators' port says. Resolves with the exit code: 1 while it is not ready. */
export async function status({ url, quarantine, json }: Options): Promise<number> {
  const read = await ask(url, '/status');
  const sections = Object(read) as Row;
  if (quarantine) {
    showQuarantine(rowsOf(sections['quarantine']));
    return EXIT.ok;
  }
  const { troubles, behind } = Object(await ask(url, '/readyz')) as { troubles?: Row; behind?: Row };
  const why = namedTroubles(troubles);
  if (json) say(JSON.stringify(read, null, 2));
  else
    show(
      [why.length === 0 ? 'Ready.' : 'Not ready.', [...why, ...namedTroubles(behind)].join('; ')].join(' ').trim(),
      sections,
    );
  return why.length === 0 ? EXIT.ok : 1;
}

const namedTroubles = (troubles: Row = {}): string[] =>
  Object.entries(troubles).map(([name, trouble]) => `${name}: ${text(trouble)}`);

/** What the port says under a path; 503 is an answer, too. */
async function ask(url: string, path: string): Promise<unknown> {
  try {
    const response = await fetch(`${url}${path}`);
    if (response.ok || response.status === 503) return await response.json();
  } catch {
    // What there is instead is said below.
  }
  const found = await whoAnswers(`${url}${path}`);
  const expected = "Expected a gateway's operators' port, by default http://127.0.0.1:9464; --url says where it is.";
  if (found !== undefined) throw new CommandTrouble(`${found}. ${expected}`);
  throw new CommandTrouble(`Nothing answers at ${url}. Is a gateway running (npm start)? ${expected}`);
}

function show(readiness: string, sections: Row): void {
  say(readiness);
  showTable('Connections to Binance', LINE_COLUMNS, rowsOf(sections['lines']));
  showStreams(rowsOf(sections['streams'] ?? sections['served']));
  showClients(sections['clients']);
  const journal = readJournal(sections);
  if (journal.length === 0) return;
  say(`\nThe newest of ${counted(journal.length, 'attempt')} to connect to Binance`);
  for (const line of tableOf(JOURNAL_COLUMNS, journal.slice(-JOURNAL_ROWS), lineWidth() - 2)) say(`  ${line}`);
}

function showStreams(streams: readonly Row[]): void {
  if (streams.length === 0) return;
  const states = new Map<string, number>();
  for (const { state } of streams) states.set(text(state), (states.get(text(state)) ?? 0) + 1);
  say(
    `\n${counted(streams.length, 'stream')}: ${[...states].map(([state, times]) => `${count(times)} ${state}`).join(', ')}`,
  );
  const troubled = streams.filter(({ state }) => state !== 'live');
  for (const { stream, state } of troubled.slice(0, 20)) say(`  ${text(stream)} is ${text(state)}`);
}

function showClients(clients: unknown): void {
  const { connections, native, binance } = Object(clients) as Row;
  if (typeof connections !== 'number') return;
  say(`\n${counted(connections, 'client')}: ${text(native)} native, ${text(binance)} on Binance's wire`);
}

function showQuarantine(rows: readonly Row[]): void {
  if (rows.length === 0) return say('No frame was refused.');
  for (const { at, code, message, where, stream, text: frame, hex } of rows) {
    const when = typeof at === 'number' ? new Date(at).toISOString() : '';
    say(`${when}  ${text(code)}  ${text(message)}, at ${text(where)}  ${text(stream)}`);
    say(`  text ${text(frame)}`);
    say(`  hex  ${text(hex)}`);
  }
}

function showTable(title: string, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  if (rows.length === 0) return;
  say(`\n${title}`);
  for (const line of tableOf(columns, rows, lineWidth() - 2)) say(`  ${line}`);
}

const LINE_COLUMNS: readonly Column<Row>[] = [
  { title: 'line', cell: ({ generation }) => text(generation), isNumber: true },
  { title: 'opened for', cell: ({ why }) => text(why) },
  { title: 'state', cell: ({ state }) => text(state) },
  { title: 'role', cell: ({ role }) => text(role) },
  { title: 'streams', cell: ({ streams }) => text(streams), isNumber: true },
  { title: 'open for', cell: ({ openForMs }) => span(openForMs), isNumber: true },
  { title: 'silent for', cell: ({ silentForMs }) => span(silentForMs), isNumber: true },
];

const span = (ms: unknown): string => (typeof ms === 'number' ? duration(ms) : '');

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

const rowsOf = (section: unknown): Row[] =>
  Array.isArray(section) ? section.filter((row): row is Row => typeof row === 'object' && row !== null) : [];

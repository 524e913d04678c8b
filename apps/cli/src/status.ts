import { type Column, JOURNAL_COLUMNS, count, duration, readJournal, readStatus, tableOf } from '#libs/drill';
import { CommandTrouble, say } from './trouble.js';

interface Options {
  url: string;
  quarantine?: true;
  json?: true;
}

type Row = Readonly<Record<string, unknown>>;

/** Endings shown; the rest is on `/status`. */
const JOURNAL_ROWS = 12;

/** Prints how a process of ours is, by what its operators' port says. */
export async function status({ url, quarantine, json }: Options): Promise<void> {
  const read = await readStatus(url).catch(() => {
    throw new CommandTrouble(
      `Nothing answers at ${url}. Is a gateway running (npm start)? --url says where its operators' port is.`,
    );
  });
  if (json) return say(JSON.stringify(read, null, 2));
  const sections = Object(read) as Row;
  if (quarantine) return showQuarantine(rowsOf(sections['quarantine']));
  say(await readiness(url));
  showTable('Connections to Binance', LINE_COLUMNS, rowsOf(sections['lines']));
  showStreams(rowsOf(sections['streams'] ?? sections['served']));
  showClients(sections['clients']);
  const journal = readJournal(read);
  if (journal.length === 0) return;
  say(`\nThe newest of ${count(journal.length)} attempts to connect to Binance`);
  for (const line of tableOf(JOURNAL_COLUMNS, journal.slice(-JOURNAL_ROWS))) say(`  ${line}`);
}

async function readiness(url: string): Promise<string> {
  const response = await fetch(`${url}/readyz`);
  if (response.ok) return 'Ready.';
  const { troubles } = Object(await response.json()) as { troubles?: Row };
  const why = Object.entries(troubles ?? {}).map(([name, trouble]) => `${name}: ${text(trouble)}`);
  return `Not ready. ${why.join('; ')}`;
}

function showStreams(streams: readonly Row[]): void {
  if (streams.length === 0) return;
  const states = new Map<string, number>();
  for (const { state } of streams) states.set(text(state), (states.get(text(state)) ?? 0) + 1);
  say(
    `\n${count(streams.length)} streams: ${[...states].map(([state, times]) => `${count(times)} ${state}`).join(', ')}`,
  );
  const troubled = streams.filter(({ state }) => state !== 'live');
  for (const { stream, state } of troubled.slice(0, 20)) say(`  ${text(stream)} is ${text(state)}`);
}

function showClients(clients: unknown): void {
  const { connections, native, binance } = Object(clients) as Row;
  if (typeof connections !== 'number') return;
  say(`\n${count(connections)} clients: ${text(native)} native, ${text(binance)} on Binance's wire`);
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
  for (const line of tableOf(columns, rows)) say(`  ${line}`);
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

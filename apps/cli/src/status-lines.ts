import { bytes, count, counted, duration, timeOfDay, wholeSeconds } from '#libs/core';
import { type ConnectionRow, HEALTH_SAYS, type Page } from '#libs/page';
import { ATTEMPT_COLUMNS, type Column, bold, dim, green, labelled, red, tableOf, wrap, yellow } from '#libs/terminal';

/** What is shown of each list; the rest is on the page. */
const MOST = { happenings: 5, attempts: 8, streams: 10, meters: 3 };

const HEALTH_COLOUR = { well: green, impaired: yellow, down: red };

/** The operators' page in short, as lines that fit. */
export function statusLines(page: Page, url: string, width: number): string[] {
  return [
    ...verdictLines(page, width),
    '',
    ...factLines(page, width),
    ...happeningLines(page, width),
    ...tableLines('Connections to Binance', CONNECTION_COLUMNS(page.at), page.connections, width),
    ...streamLines(page, width),
    ...tableLines(
      `The newest of ${counted(page.attempts[0]?.attempt ?? 0, 'attempt')} to connect to Binance`,
      ATTEMPT_COLUMNS,
      page.attempts.slice(0, MOST.attempts),
      width,
    ),
    '',
    ...wrap(nextStep(page, url), width),
  ];
}

function verdictLines({ at, verdict: { health, sinceAt, reasons }, hour }: Page, width: number): string[] {
  const colour = HEALTH_COLOUR[health];
  const since = `since ${timeOfDay(sinceAt)}, for ${wholeSeconds(at - sinceAt)}`;
  return [
    ...wrap(`${bold(colour(`${HEALTH_SAYS[health]},`))} ${since}.`, width),
    ...reasons.flatMap(({ what, why }) => wrap(`${what}: ${why}`, width - 2).map((line) => `  ${line}`)),
    ...wrap(hour.says, width),
  ];
}

function factLines(page: Page, width: number): string[] {
  const { at, identity, clients, bus } = page;
  const { role, version, host, pid, startedAt, lead } = identity;
  const up = `up for ${wholeSeconds(at - startedAt)}`;
  const who = [`${role} ${version}`.trim(), ...(lead === null ? [] : [lead]), host, `pid ${pid}`, up];
  return [
    ...labelled(
      'process',
      who.filter((part) => part !== ''),
      width,
    ),
    // An edge has no connection to Binance, and never will.
    ...(role === 'edge' ? [] : labelled('binance', binanceOf(page), width)),
    ...labelled('streams', streamsOf(page), width),
    ...(clients
      ? labelled(
          'clients',
          [
            `${count(clients.connected)} connected`,
            `${count(clients.native)} native, ${count(clients.binance)} on Binance’s wire`,
            `${bytes(clients.backlogBytes)} wait to be read`,
          ],
          width,
        )
      : []),
    ...(bus ? labelled(bus.kind === 'memory' ? 'bus' : 'redis', busOf(bus, at), width) : []),
    ...labelled('limits', metersOf(page), width),
  ];
}

function binanceOf({ at, connections }: Page): string[] {
  if (connections.length === 0) return [dim('no connection')];
  const open = connections.filter(({ openSinceAt }) => openSinceAt !== null).length;
  const next = connections.flatMap(({ nextAttemptAt }) => nextAttemptAt ?? []).sort((one, other) => one - other)[0];
  return [
    (open === connections.length ? green : yellow)(`${open} of ${counted(connections.length, 'connection')} open`),
    ...(next === undefined ? [] : [`next attempt in ${duration(Math.max(0, next - at))}`]),
  ];
}

function streamsOf({ streams }: Page): string[] {
  if (streams.length === 0) return [dim('nobody wants any')];
  const states = new Map<string, number>();
  for (const { state } of streams) states.set(state, (states.get(state) ?? 0) + 1);
  return [...states].map(([state, times]) => (state === 'live' ? green : yellow)(`${count(times)} ${state}`));
}

function busOf({ kind, state, sinceAt, address, why }: NonNullable<Page['bus']>, at: number): string[] {
  if (kind === 'memory') return ['in this process'];
  const says = `${state}${sinceAt === null ? '' : ` for ${wholeSeconds(at - sinceAt)}`}`;
  return [(state === 'up' ? green : red)(says), ...(address === null ? [] : [address]), ...(why === null ? [] : [why])];
}

/** Those of which most is used. */
const metersOf = ({ meters }: Page): string[] =>
  meters
    .toSorted((one, other) => other.used / other.most - one.used / one.most)
    .slice(0, MOST.meters)
    .map(({ key, used, most }) => {
      const says = `${key}: ${Math.round((100 * used) / most)} %`;
      return used / most > 0.8 ? yellow(says) : says;
    });

function happeningLines({ happenings }: Page, width: number): string[] {
  if (happenings.length === 0) return [];
  const lines = happenings.slice(0, MOST.happenings).flatMap(({ at, what, more }) => {
    const text = wrap([what, ...more].filter((part) => part !== '').join('; '), width - 12);
    return text.map((line, index) => `  ${dim(index === 0 ? timeOfDay(at) : ' '.repeat(8))}  ${line}`);
  });
  const title = `The newest of ${counted(happenings.length, 'thing')} that happened`;
  return ['', bold(happenings.length > MOST.happenings ? title : 'What happened, the newest first'), ...lines];
}

const CONNECTION_COLUMNS = (now: number): readonly Column<ConnectionRow>[] => {
  const ago = (at: number | null): string => (at === null ? '' : duration(Math.max(0, now - at)));
  return [
    { title: 'line', cell: ({ generation }) => `${generation}`, isNumber: true },
    { title: 'opened for', cell: ({ why }) => why, isSpare: true },
    { title: 'state', cell: ({ state }) => state },
    { title: 'role', cell: ({ role }) => role },
    { title: 'streams', cell: ({ streams }) => count(streams), isNumber: true },
    { title: 'open for', cell: ({ openSinceAt }) => ago(openSinceAt), isNumber: true },
    { title: 'silent for', cell: ({ dataAt }) => ago(dataAt), isNumber: true },
  ];
};

function streamLines({ streams }: Page, width: number): string[] {
  const troubled = streams.filter(({ state }) => state !== 'live');
  if (troubled.length === 0) return [];
  const lines = troubled.slice(0, MOST.streams).flatMap(({ key, state, cause, why }) => {
    const because = [cause, why].filter((part) => part !== null).join(', ');
    return wrap(`${key} is ${state}${because === '' ? '' : ` (${because})`}`, width - 2).map((line) => `  ${line}`);
  });
  return ['', bold(`${counted(troubled.length, 'stream')} not live`), ...lines];
}

function tableLines<Row>(
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): string[] {
  if (rows.length === 0) return [];
  return ['', bold(title), ...tableOf(columns, rows, width - 2).map((line) => `  ${line}`)];
}

function nextStep({ streams, clients }: Page, url: string): string {
  const more = `All of it, live: ${url}/`;
  return streams.length === 0 && clients?.connected === 0
    ? `Nobody has asked for a stream yet: holdfast watch btcusdt@trade. ${more}`
    : more;
}

/** Frames that were refused, with their bytes. */
export function quarantineLines(rows: Page['quarantine']): string[] {
  if (rows.length === 0) return ['No frame was refused.'];
  return rows.flatMap(({ at, code, message, where, stream, text, hex }) => [
    [new Date(at).toISOString(), code, `${message}${where === '' ? '' : `, at ${where}`}`, stream].join('  ').trimEnd(),
    `  text ${text}`,
    `  hex  ${hex}`,
  ]);
}

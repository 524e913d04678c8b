import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { count, counted, perSecond, wholeSeconds } from '#libs/core';
import type { StreamRow, Tone } from '../words/page.js';
import { Badge, Section, type ShownColumn, Table } from './parts.js';

const SHOWN_FIRST = 50;

const TONES: Readonly<Record<string, Tone>> = {
  live: 'good',
  refused: 'plain',
  recovering: 'warn',
  stale: 'bad',
  gap: 'bad',
};

interface SortOrder {
  title: string;
  isDown: boolean;
}

/** Every stream, sortable and filterable. */
export function Streams({ rows, now }: { rows: readonly StreamRow[]; now: number }): JSX.Element | null {
  const [search, setSearch] = useState('');
  const [state, setState] = useState('');
  const [order, setOrder] = useState<SortOrder>();
  const [isShort, setShort] = useState(true);
  if (rows.length === 0) return null;
  const columns = columnsOf(now);
  const found = sorted(
    rows.filter((row) => row.key.includes(search.toLowerCase()) && (state === '' || row.state === state)),
    columns,
    order,
  );
  const shown = isShort ? found.slice(0, SHOWN_FIRST) : found;
  const turn = (title: string): void => setOrder({ title, isDown: order?.title === title ? !order.isDown : false });
  return (
    <Section id="streams" title="Streams" note={summaryOf(rows)}>
      <div class="filters">
        <label>
          Name <input type="search" value={search} onInput={({ currentTarget }) => setSearch(currentTarget.value)} />
        </label>
        <label>
          State{' '}
          <select value={state} onChange={({ currentTarget }) => setState(currentTarget.value)}>
            <option value="">all</option>
            {statesOf(rows).map(([name, often]) => (
              <option key={name} value={name}>
                {name} ({often})
              </option>
            ))}
          </select>
        </label>
        <span role="status">
          {found.length === rows.length ? '' : `${count(found.length)} of ${count(rows.length)}`}
        </span>
      </div>
      <Table
        label="Streams"
        columns={columns}
        rows={shown}
        empty="No stream is like that."
        head={(column) => <SortButton column={column} order={order} turn={turn} />}
        sorted={({ title }) => (order?.title === title ? (order.isDown ? 'descending' : 'ascending') : undefined)}
      />
      {shown.length < found.length && (
        <button type="button" onClick={() => setShort(false)}>
          Show all {count(found.length)}
        </button>
      )}
    </Section>
  );
}

function SortButton({
  column: { title, by },
  order,
  turn,
}: {
  column: ShownColumn<StreamRow>;
  order: SortOrder | undefined;
  turn: (title: string) => void;
}): JSX.Element {
  if (!by) return <>{title}</>;
  const mark = order?.title === title ? (order.isDown ? ' ▼' : ' ▲') : '';
  return (
    <button type="button" class="sort" onClick={() => turn(title)}>
      {title}
      {mark}
    </button>
  );
}

const columnsOf = (now: number): ShownColumn<StreamRow>[] => [
  { title: 'Stream', cell: ({ key }) => <code>{key}</code>, by: ({ key }) => key },
  {
    title: 'State',
    cell: ({ state }) => <Badge tone={TONES[state] ?? 'warn'}>{state}</Badge>,
    by: ({ state }) => state,
  },
  {
    title: 'Why',
    cell: ({ cause, why, state }) => (state === 'live' ? cause : (why ?? cause)),
    isWide: true,
    by: ({ cause }) => cause ?? '',
  },
  {
    title: 'For',
    cell: ({ sinceAt }) => (sinceAt === null ? '–' : wholeSeconds(now - sinceAt)),
    isNumber: true,
    isWide: true,
    by: ({ sinceAt }) => -(sinceAt ?? 0),
  },
  {
    title: 'Rate',
    cell: ({ rate }) => (rate === null ? '–' : perSecond(rate)),
    isNumber: true,
    by: ({ rate }) => rate ?? -1,
  },
  {
    title: 'Lag',
    cell: ({ lagMs }) => (lagMs === null ? '–' : `${count(lagMs)} ms`),
    isNumber: true,
    by: ({ lagMs }) => lagMs ?? -1,
  },
  {
    title: 'Filled',
    cell: ({ filled }) => (filled === null ? '–' : count(filled)),
    isNumber: true,
    by: ({ filled }) => filled ?? -1,
  },
  {
    title: 'Gaps',
    cell: ({ announced }) => (announced === null ? '–' : count(announced)),
    isNumber: true,
    by: ({ announced }) => announced ?? -1,
  },
  {
    title: 'Clients',
    cell: ({ clients }) => (clients === null ? '–' : count(clients)),
    isNumber: true,
    by: ({ clients }) => clients ?? -1,
  },
];

function sorted(
  rows: readonly StreamRow[],
  columns: readonly ShownColumn<StreamRow>[],
  order: SortOrder | undefined,
): readonly StreamRow[] {
  const by = columns.find(({ title }) => title === order?.title)?.by;
  if (!by || !order) return rows;
  const way = order.isDown ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [by(one), by(other)];
    return a === b ? 0 : way * (a < b ? -1 : 1);
  });
}

function statesOf(rows: readonly StreamRow[]): [string, number][] {
  const states = new Map<string, number>();
  for (const { state } of rows) states.set(state, (states.get(state) ?? 0) + 1);
  return [...states];
}

const summaryOf = (rows: readonly StreamRow[]): string =>
  `${counted(rows.length, 'stream')}: ${statesOf(rows)
    .map(([state, often]) => `${count(often)} ${state}`)
    .join(', ')}. Lag is from Binance’s clock to ours.`;

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { counted, duration, wholeSeconds } from '#libs/core';
import type { AttemptRow, ConnectionRow, TimeLane, Page, Segment } from '../words/page.js';
import { Badge, Clock, Section, type ShownColumn, Table, ago } from './parts.js';

const HOUR_MS = 3_600_000;
const SHOWN_FIRST = 10;

/** Connections to Binance: what they are now, their last hour as lanes, and every attempt with who ended it and what was done. */
export function Connections({ page, now }: { page: Page; now: number }): JSX.Element | null {
  const [isShort, setShort] = useState(true);
  const { connections, attempts, lanes, hour } = page;
  if (connections.length === 0 && attempts.length === 0) return null;
  const shown = isShort ? attempts.slice(0, SHOWN_FIRST) : attempts;
  const spanMs = Math.max(60_000, Math.min(HOUR_MS, hour.forMs));
  return (
    <Section id="connections" title="Connections to Binance">
      <Table
        label="Connections now"
        columns={nowColumns(now)}
        rows={connections}
        empty="None is open: nothing is wanted."
      />
      <h3>{spanMs >= HOUR_MS ? 'The last hour' : 'Since the start'}</h3>
      <Lanes lanes={lanes} now={now} spanMs={spanMs} />
      <h3>Attempts, the newest first</h3>
      <Table label="Attempts to connect" columns={attemptColumns(now)} rows={shown} empty="None yet." />
      {shown.length < attempts.length && (
        <button type="button" onClick={() => setShort(false)}>
          Show all {attempts.length}
        </button>
      )}
    </Section>
  );
}

const nowColumns = (now: number): ShownColumn<ConnectionRow>[] => [
  {
    title: 'Connection',
    cell: ({ generation, role }) => (
      <>
        <strong>{generation}</strong> {role}
      </>
    ),
  },
  { title: 'State', cell: (row) => <ConnectionState row={row} now={now} /> },
  { title: 'Streams', cell: ({ streams }) => streams, isNumber: true },
  {
    title: 'Open for',
    cell: ({ openSinceAt }) => (openSinceAt === null ? '–' : wholeSeconds(now - openSinceAt)),
    isNumber: true,
  },
  {
    title: 'Data',
    cell: ({ dataAt }) => (dataAt === null ? 'none yet' : `${ago(dataAt, now)} ago`),
    isNumber: true,
    isWide: true,
  },
  {
    title: 'Replacement',
    cell: ({ rotation, rotationDueAt }) =>
      rotation ?? (rotationDueAt === null ? '–' : `in ${wholeSeconds(rotationDueAt - now)}`),
    isWide: true,
  },
];

function ConnectionState({ row: { state, nextAttemptAt }, now }: { row: ConnectionRow; now: number }): JSX.Element {
  if (state === 'live' || state === 'open') return <Badge tone="good">{state}</Badge>;
  const next =
    nextAttemptAt === null
      ? ''
      : nextAttemptAt > now
        ? `next attempt in ${wholeSeconds(nextAttemptAt - now)}`
        : 'next attempt is due';
  return (
    <>
      <Badge tone="bad">{state}</Badge> {next}
    </>
  );
}

/** One lane for each connection, drawn over the time that is looked back on. */
function Lanes({ lanes, now, spanMs }: { lanes: readonly TimeLane[]; now: number; spanMs: number }): JSX.Element {
  const from = now - spanMs;
  return (
    <figure class="lanes" aria-label={laneWords(lanes)}>
      {lanes.map(({ key, generation, segments }) => (
        <div class="lane" key={key}>
          <span class="lane-name">{generation}</span>
          <svg viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true">
            {segments.map((segment) => (
              <Stretch key={segment.from} segment={segment} from={from} now={now} spanMs={spanMs} />
            ))}
          </svg>
        </div>
      ))}
      <figcaption>
        <span>{duration(spanMs)} ago</span>
        <span>green: open · red end: dropped or failed · grey end: ended as planned</span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}

const laneWords = (lanes: readonly TimeLane[]): string =>
  `${counted(lanes.length, 'connection')} in this time; the table below says the same`;

function Stretch({
  segment: { from: begin, to, tone, says },
  from,
  now,
  spanMs,
}: {
  segment: Segment;
  from: number;
  now: number;
  spanMs: number;
}): JSX.Element {
  const x = (at: number): number => Math.max(0, Math.min(1_000, ((at - from) / spanMs) * 1_000));
  const end = x(to ?? now);
  const start = Math.min(x(begin), end - 2);
  return (
    <g>
      <title>{says}</title>
      <rect
        class={tone === 'plain' && to === null ? 'connecting' : 'open'}
        x={start}
        y="3"
        width={Math.max(2, end - start)}
        height="10"
      />
      {to !== null && <rect class={`end ${tone}`} x={end - 3} y="0" width="4" height="16" />}
    </g>
  );
}

const attemptColumns = (now: number): ShownColumn<AttemptRow>[] => [
  {
    title: 'Ended',
    cell: ({ closedAt, tone }) =>
      closedAt === null ? (
        <Badge tone={tone}>{tone === 'good' ? 'open' : 'connecting'}</Badge>
      ) : (
        <Clock at={closedAt} />
      ),
  },
  { title: '#', cell: ({ attempt }) => attempt, isNumber: true, isWide: true },
  { title: 'Connection', cell: ({ generation, why }) => `${generation}, ${why}` },
  {
    title: 'Lived',
    cell: ({ livedMs, closedAt, startedAt }) =>
      closedAt === null ? wholeSeconds(now - startedAt) : livedMs === null ? 'never open' : duration(livedMs),
    isNumber: true,
  },
  { title: 'Streams', cell: ({ streams }) => streams, isNumber: true, isWide: true },
  { title: 'Ended by', cell: ({ closedBy, tone }) => closedBy && <Badge tone={tone}>{closedBy}</Badge> },
  {
    title: 'How',
    cell: ({ cause, code, reason }) => [cause, code, reason === code ? null : reason].filter(Boolean).join(', '),
  },
  {
    title: 'Data again',
    cell: ({ closedAt, backAfterMs, tone }) =>
      closedAt === null || tone === 'plain' ? '' : backAfterMs === null ? 'not yet' : `after ${duration(backAfterMs)}`,
    isWide: true,
  },
  { title: 'Then', cell: ({ then }) => then, isWide: true },
];

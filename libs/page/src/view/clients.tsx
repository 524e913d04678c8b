import type { JSX } from 'preact';
import { bytes, count, counted, duration, wholeSeconds } from '#libs/core';
import type { ClientRow, GoneRow, Page } from '../words/page.js';
import { Badge, Clock, Section, type ShownColumn, Table } from './parts.js';

/** Who is served, the slowest first, and who has left, with who ended it and why. */
export function Clients({ page, now }: { page: Page; now: number }): JSX.Element | null {
  const { clients, clientRows, gone } = page;
  if (!clients) return null;
  const { connected, native, binance, backlogBytes } = clients;
  const note = `${counted(connected, 'client')}: ${count(native)} native, ${count(binance)} on Binance’s wire. ${bytes(backlogBytes)} wait to be read.`;
  return (
    <Section id="clients" title="Clients" note={note}>
      <Table label="Clients, the slowest first" columns={hereColumns(now)} rows={clientRows} empty="Nobody is here." />
      {connected > clientRows.length && (
        <p class="note">
          The slowest {clientRows.length} of {count(connected)}.
        </p>
      )}
      <h3>Who has left, the newest first</h3>
      <Table label="Clients that have left" columns={GONE_COLUMNS} rows={gone} empty="Nobody has left." />
    </Section>
  );
}

const nameOf = ({ key, name }: { key: string; name: string }): string =>
  name === '' ? `no. ${key}` : `${name} (${key})`;

const agentOf = ({ agent }: { agent: string }): JSX.Element =>
  agent === '' ? <span class="none">does not say</span> : <>{agent}</>;

const hereColumns = (now: number): ShownColumn<ClientRow>[] => [
  { title: 'Client', cell: nameOf },
  { title: 'Address', cell: ({ address }) => address, isWide: true },
  { title: 'Program', cell: agentOf },
  { title: 'Wire', cell: ({ wire }) => wire, isWide: true },
  { title: 'Streams', cell: ({ streams }) => streams, isNumber: true },
  { title: 'Here for', cell: ({ connectedAt }) => wholeSeconds(now - connectedAt), isNumber: true, isWide: true },
  {
    title: 'Waits',
    cell: ({ backlogBytes }) => (backlogBytes === 0 ? '0' : <Badge tone="warn">{bytes(backlogBytes)}</Badge>),
    isNumber: true,
  },
  { title: 'Left out', cell: ({ conflated }) => count(conflated), isNumber: true, isWide: true },
];

const GONE_COLUMNS: ShownColumn<GoneRow>[] = [
  { title: 'Left', cell: ({ leftAt }) => <Clock at={leftAt} /> },
  { title: 'Client', cell: nameOf },
  { title: 'Address', cell: ({ address }) => address, isWide: true },
  { title: 'Program', cell: agentOf, isWide: true },
  {
    title: 'Was here',
    cell: ({ connectedAt, leftAt }) => duration(Math.max(0, leftAt - connectedAt)),
    isNumber: true,
    isWide: true,
  },
  { title: 'Ended by', cell: ({ by, tone }) => <Badge tone={tone}>{by}</Badge> },
  { title: 'Code', cell: ({ code }) => code, isNumber: true },
  { title: 'Why', cell: ({ why }) => why },
];

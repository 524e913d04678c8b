import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { count } from '#libs/core';
import type { DriftRow, Page, QuarantineRow, SettingRow } from '../words/page.js';
import { Badge, Clock, Section, type ShownColumn, Table } from './parts.js';

/** What could not be read, what was new, and what this process was told. */
export const Details = ({ page: { quarantine, drift, settings, streams, attempts } }: { page: Page }): JSX.Element => (
  <>
    {attempts.length + streams.length > 0 && (
      <>
        <Section
          id="quarantine"
          title="Quarantine"
          note="Frames that could not be read, with the bytes around the trouble. Each cost itself and nothing else."
        >
          {quarantine.length === 0 && <p class="empty">No frame was refused.</p>}
          {quarantine.map((row) => (
            <Refused key={row.key} row={row} />
          ))}
        </Section>
        <Section
          id="drift"
          title="Drift"
          note="What Binance sends that its documentation does not know. It is passed on."
        >
          <Table label="Drift" columns={DRIFT_COLUMNS} rows={drift} empty="Nothing new was seen." />
        </Section>
      </>
    )}
    <Settings settings={settings} />
  </>
);

const Refused = ({
  row: { at, code, message, where, stream, generation, size, from, hex, text },
}: {
  row: QuarantineRow;
}): JSX.Element => (
  <details class="refused">
    <summary>
      <Clock at={at} /> <Badge tone="warn">{code}</Badge> {message}
      {where === '' ? '' : `, at ${where}`} <span class="quiet">{stream}</span>
    </summary>
    <p class="note">
      From connection {generation}, {count(size)} bytes, shown from byte {count(from)}.
    </p>
    <pre tabIndex={0} aria-label="Bytes as hexadecimal digits and as text">
      {hexLines(hex, text)}
    </pre>
  </details>
);

/** As `xxd` shows bytes: sixteen in a line. */
function hexLines(hex: string, text: string): string {
  const lines = hex.match(/.{1,32}/g) ?? [];
  const shown = lines.map((line, at) => {
    const digits = (line.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
    const letters = digits.map((code) => (code >= 32 && code < 127 ? String.fromCharCode(code) : '.')).join('');
    return `${(at * 16).toString(16).padStart(4, '0')}  ${(line.match(/../g) ?? []).join(' ').padEnd(47)}  ${letters}`;
  });
  return `${shown.join('\n')}\n\n${text}`;
}

const DRIFT_COLUMNS: ShownColumn<DriftRow>[] = [
  { title: 'What', cell: ({ what, where }) => `${what} ${where}` },
  { title: 'Times', cell: ({ count: often }) => count(often), isNumber: true },
  { title: 'First', cell: ({ firstAt }) => <Clock at={firstAt} />, isWide: true },
  { title: 'Last', cell: ({ lastAt }) => <Clock at={lastAt} /> },
  { title: 'Seen in', cell: ({ sample }) => <code class="long">{sample}</code> },
];

function Settings({ settings }: { settings: readonly SettingRow[] }): JSX.Element | null {
  const [onlySet, setOnlySet] = useState(true);
  if (settings.length === 0) return null;
  const shown = onlySet ? settings.filter(({ source }) => source !== 'default') : settings;
  return (
    <Section
      id="settings"
      title="Settings"
      note="What is in force, and where it comes from. What may hold a password is never shown."
    >
      <label class="check">
        <input
          type="checkbox"
          checked={!onlySet}
          onChange={({ currentTarget }) => setOnlySet(!currentTarget.checked)}
        />{' '}
        Defaults, too
      </label>
      <Table label="Settings" columns={SETTING_COLUMNS} rows={shown} empty="Everything is as it is by default." />
    </Section>
  );
}

const SETTING_COLUMNS: ShownColumn<SettingRow>[] = [
  { title: 'Setting', cell: ({ key }) => <code>{key}</code> },
  { title: 'Value', cell: ({ value }) => <span class="long">{value}</span> },
  { title: 'From', cell: ({ source }) => source },
  { title: 'What it does', cell: ({ says }) => says, isWide: true },
];

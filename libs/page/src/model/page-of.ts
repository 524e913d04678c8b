import type { Millis } from '#libs/core';
import { attemptRows, backAfterOf, lanesOf } from '../rows/attempt-rows.js';
import { clientRows, clientsShown, goneRows } from '../rows/client-rows.js';
import { connectionRows } from '../rows/connection-rows.js';
import type { Facts } from '../hour/facts.js';
import { happeningsOf } from '../hour/happenings.js';
import type { LastHour } from '../hour/last-hour.js';
import { metersOf } from '../rows/meters.js';
import type {
  BusShown,
  CommandRow,
  DriftRow,
  Identity,
  Page,
  ProcessRow,
  QuarantineRow,
  SettingRow,
} from '../words/page.js';
import {
  type DriftKind,
  type RefusedFrame,
  type StatusSections,
  fieldsOf,
  journalIn,
  linesOf,
  numberIn,
  textIn,
} from '../words/sections.js';
import { type Rates, streamRows } from '../rows/stream-rows.js';
import { sayTally, tallyOf } from '../hour/tally.js';

/** What a page is made of. */
export interface PageSource {
  at: Millis;
  id: string;
  /** All of `/status`. */
  sections: StatusSections;
  hour: Pick<LastHour, 'moments' | 'judge' | 'spanAt' | 'leadSinceAt'>;
  /** What is wrong at this moment: what the hour remembers may be a second old. */
  facts: Facts;
  rates: Rates;
  attemptsLeft: number | null;
  processes: readonly ProcessRow[];
  commands: Readonly<Record<string, string>>;
  asksToken: boolean;
}

export function pageOf(source: PageSource): Page {
  const { at, sections, hour, facts, rates } = source;
  const journal = journalIn(sections);
  return {
    at,
    identity: identityOf(source),
    verdict: hour.judge(facts),
    hour: { says: sayHour(hour, at), forMs: Math.round(hour.spanAt(at) / 1_000) * 1_000 },
    happenings: happeningsOf(hour.moments, backAfterOf(journal)),
    connections: connectionRows(sections['lines'], journal, at),
    attempts: attemptRows(journal),
    lanes: lanesOf(journal, at),
    streams: streamRows(sections, rates, at),
    clients: clientsShown(sections['clients']),
    clientRows: clientRows(sections['clients']),
    gone: goneRows(sections['clients gone']),
    bus: busOf(sections['bus']),
    meters: metersOf(sections, source.attemptsLeft),
    quarantine: quarantineRows(sections['quarantine']),
    drift: driftRows(sections['drift']),
    settings: settingRows(sections['settings']),
    processes: source.processes,
    commands: commandRows(source.commands),
    asksToken: source.asksToken,
  };
}

/** What happened in the last hour, in one sentence. */
export const sayHour = (hour: PageSource['hour'], now: Millis): string =>
  sayTally(tallyOf(hour.moments, now), hour.spanAt(now));

export function identityOf({ at, id, sections, hour }: Pick<PageSource, 'at' | 'id' | 'sections' | 'hour'>): Identity {
  const [process, term] = [fieldsOf(sections['process']), fieldsOf(sections['term'])];
  const text = (name: string): string => textIn(process, name) ?? '';
  return {
    id,
    role: text('role') || 'part',
    version: text('version'),
    commit: text('commit'),
    host: text('host'),
    node: text('node'),
    pid: numberIn(process, 'pid') ?? 0,
    startedAt: Math.round((at - (numberIn(process, 'upForMs') ?? 0)) / 1_000) * 1_000,
    lead: textIn(term, 'role'),
    leadSinceAt: hour.leadSinceAt,
    epoch: numberIn(term, 'epoch'),
  };
}

function busOf(section: unknown): BusShown | null {
  const fields = fieldsOf(section);
  const kind = textIn(fields, 'kind');
  if (kind === null) return null;
  return {
    kind,
    state: textIn(fields, 'state') ?? '',
    sinceAt: numberIn(fields, 'sinceAt'),
    address: textIn(fields, 'redis'),
    why: textIn(fields, 'why'),
    waits: textIn(fields, 'waits'),
    refused: linesOf(fields['refused']).map((one) => (typeof one === 'string' ? one : JSON.stringify(one))),
  };
}

const quarantineRows = (section: unknown): QuarantineRow[] =>
  (linesOf(section) as readonly RefusedFrame[]).toReversed().map(refusedRow);

function refusedRow({ where, stream, ...frame }: RefusedFrame): QuarantineRow {
  // Of one instant and one connection only one frame is the newest.
  const key = `${frame.at} ${frame.generation} ${frame.size} ${frame.hex.slice(0, 32)}`;
  return { ...frame, key, where: where === undefined ? '' : `${where}`, stream: stream ?? '' };
}

const driftRows = (section: unknown): DriftRow[] =>
  (linesOf(section) as readonly DriftKind[]).map(driftRow).sort((one, other) => other.lastAt - one.lastAt);

const driftRow = (kind: DriftKind): DriftRow => ({ ...kind, key: `${kind.what} ${kind.where}` });

/** A line of the section `settings`. */
type NamedSetting = Omit<SettingRow, 'key'> & { name: string };

const settingRows = (section: unknown): SettingRow[] => (linesOf(section) as readonly NamedSetting[]).map(settingRow);

const settingRow = ({ name, ...rest }: NamedSetting): SettingRow => ({ ...rest, key: name });

const commandRows = (commands: Readonly<Record<string, string>>): CommandRow[] =>
  Object.entries(commands).map(([key, says]) => ({ key, says }));

import type { Millis } from '#libs/core';
import type { DriftKind } from './sections.js';

/** `well`: all is as it should be. `impaired`: clients are served, but something is not. `down`: not ready. */
export type Health = 'well' | 'impaired' | 'down';

/** Why a process is not well. */
export interface Reason {
  what: string;
  why: string;
}

/** How a process is, since when, and why. */
export interface HealthVerdict {
  health: Health;
  sinceAt: Millis;
  reasons: readonly Reason[];
}

/** How a line about something looks: `bad` hurts somebody, `warn` could, `good` is over, `plain` was meant. */
export type Tone = 'bad' | 'warn' | 'good' | 'plain';

/** Something that happened: who did it, what was lost, what was done. */
export interface Happening {
  key: string;
  at: Millis;
  tone: Tone;
  what: string;
  /** What is known beside that, sentence by sentence. */
  more: readonly string[];
}

export interface HourSummary {
  /** One sentence. */
  says: string;
  /** So long it has been watched: an hour at most. */
  forMs: Millis;
}

/** What this process is. */
export interface Identity {
  /** Unlike that of any other process. */
  id: string;
  role: string;
  version: string;
  commit: string;
  host: string;
  node: string;
  pid: number;
  startedAt: Millis;
  /** Of an upstream that is one of several: whether it publishes; null elsewhere. */
  lead: string | null;
  /** Since when it is that. */
  leadSinceAt: Millis | null;
  epoch: number | null;
}

/** One connection to Binance as it is now. */
export interface ConnectionRow {
  key: string;
  generation: number;
  role: string;
  state: string;
  streams: number;
  why: string;
  openSinceAt: Millis | null;
  dataAt: Millis | null;
  rotation: string | null;
  rotationDueAt: Millis | null;
  /** When the next attempt begins; null where none is waited for. */
  nextAttemptAt: Millis | null;
}

/** One attempt to connect, from its beginning to what became of it. */
export interface AttemptRow {
  key: string;
  attempt: number;
  generation: number;
  why: string;
  to: string;
  streams: number;
  startedAt: Millis;
  /** Null: it has not, or never did. */
  openedAt: Millis | null;
  closedAt: Millis | null;
  livedMs: Millis | null;
  frames: number;
  tone: Tone;
  /** Who ended it; null while it is open. */
  closedBy: string | null;
  cause: string | null;
  code: string | null;
  reason: string | null;
  then: string | null;
  /** From its end to the next data on that connection; null where there was none yet. */
  backAfterMs: Millis | null;
  lastBytes: string | null;
}

/** A stretch of a connection's lane. */
export interface Segment {
  from: Millis;
  /** Null: it goes on. */
  to: Millis | null;
  tone: Tone;
  says: string;
}

export interface TimeLane {
  key: string;
  generation: number;
  segments: readonly Segment[];
}

export interface StreamRow {
  key: string;
  state: string;
  cause: string | null;
  sinceAt: Millis | null;
  why: string | null;
  /** Events in a second, over the last ones; null before that is known. */
  rate: number | null;
  lagMs: Millis | null;
  filled: number | null;
  announced: number | null;
  clients: number | null;
}

export interface ClientRow {
  key: string;
  name: string;
  address: string;
  agent: string;
  wire: string;
  streams: number;
  connectedAt: Millis;
  /** Bytes that wait because it does not read. */
  backlogBytes: number;
  conflated: number;
  isLeaving: boolean;
}

export interface GoneRow {
  key: string;
  name: string;
  address: string;
  agent: string;
  wire: string;
  connectedAt: Millis;
  leftAt: Millis;
  by: string;
  code: number;
  why: string;
  tone: Tone;
}

/** Clients of an edge; those that are listed are the slowest. */
export interface ClientsShown {
  connected: number;
  native: number;
  binance: number;
  backlogBytes: number;
}

export interface BusShown {
  kind: string;
  state: string;
  sinceAt: Millis | null;
  address: string | null;
  why: string | null;
  waits: string | null;
  refused: readonly string[];
}

/** How much of a limit is used. */
export interface Meter {
  key: string;
  used: number;
  most: number;
  says: string;
}

export interface QuarantineRow {
  key: string;
  at: Millis;
  generation: number;
  code: string;
  message: string;
  where: string;
  stream: string;
  size: number;
  from: number;
  hex: string;
  text: string;
}

export interface DriftRow extends DriftKind {
  key: string;
}

export interface SettingRow {
  key: string;
  value: string;
  source: string;
  says: string;
}

/** What a process tells all others on its bus about itself. */
export interface Presence extends HealthVerdict {
  id: string;
  role: string;
  version: string;
  host: string;
  startedAt: Millis;
  lead: string | null;
  says: string;
  streams: number;
  live: number;
  clients: number | null;
}

/** A process on the bus, as another one hears it. */
export interface ProcessRow extends Presence {
  key: string;
  /** `here`: this one. `gone`: it said goodbye. `silent`: it has not been heard for a while, and said nothing. */
  hearing: 'here' | 'heard' | 'silent' | 'gone';
  heardAt: Millis;
}

export interface CommandRow {
  key: string;
  says: string;
}

/** All that the operators' page shows of one process. Lists whose rows have a `key` are sent row by row. */
export interface Page {
  at: Millis;
  identity: Identity;
  verdict: HealthVerdict;
  hour: HourSummary;
  happenings: readonly Happening[];
  connections: readonly ConnectionRow[];
  attempts: readonly AttemptRow[];
  lanes: readonly TimeLane[];
  streams: readonly StreamRow[];
  clients: ClientsShown | null;
  clientRows: readonly ClientRow[];
  gone: readonly GoneRow[];
  bus: BusShown | null;
  meters: readonly Meter[];
  quarantine: readonly QuarantineRow[];
  drift: readonly DriftRow[];
  settings: readonly SettingRow[];
  processes: readonly ProcessRow[];
  commands: readonly CommandRow[];
  /** Whether commands want an operator's token. */
  asksToken: boolean;
}

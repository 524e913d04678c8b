import type { AttemptRecord, Millis } from '#libs/core';

/** `/status`, section by section. They are our own, of the same release: what is there is what the parts of this process wrote. */
export type StatusSections = Readonly<Record<string, unknown>>;

/** A line of the section `clients gone`. */
export interface GoneClient {
  id: number;
  holder?: string;
  address: string;
  agent: string;
  wire: string;
  connectedAt: Millis;
  leftAt: Millis;
  code: number;
  by: 'us' | 'client' | 'transport';
  why: string;
}

/** A hole of the section `holes` that was announced. */
export interface MissedIds {
  stream: string;
  missing: { from: number; to: number };
  at: Millis;
  why: string;
  url: string | null;
}

/** A frame of the section `quarantine`. */
export interface RefusedFrame {
  at: Millis;
  generation: number;
  code: string;
  message: string;
  where?: number | string;
  stream?: string;
  size: number;
  from: number;
  hex: string;
  text: string;
}

/** A kind of the section `drift`. */
export interface DriftKind {
  what: string;
  where: string;
  count: number;
  firstAt: Millis;
  lastAt: Millis;
  sample: string;
}

/** The lines of a section; none where there is no such section. */
export const linesOf = (section: unknown): readonly unknown[] => (Array.isArray(section) ? section : []);

/** The section `journal` of a status, the newest attempt last. */
export const journalIn = (sections: unknown): readonly AttemptRecord[] =>
  linesOf(fieldsOf(sections)['journal']) as readonly AttemptRecord[];

/** The fields of a section, by their names. */
export const fieldsOf = (section: unknown): Readonly<Record<string, unknown>> =>
  typeof section === 'object' && section !== null ? (section as Record<string, unknown>) : {};

export const numberIn = (fields: Readonly<Record<string, unknown>>, name: string): number | null => {
  const value = fields[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
};

export const textIn = (fields: Readonly<Record<string, unknown>>, name: string): string | null => {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

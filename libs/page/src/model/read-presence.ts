import { parseObject } from '#libs/core';
import type { Health, Presence, Reason } from '../words/page.js';
import { fieldsOf, linesOf, numberIn, textIn } from '../words/sections.js';

const HEALTHS: readonly string[] = ['well', 'impaired', 'down'] satisfies Health[];

/** What is taken of a text that others wrote. */
const LONGEST_TEXT = 1_000;
const MOST_REASONS = 3;

/** How another process says that it is; `{ gone }` where it says goodbye, undefined where the text is neither. Never throws. */
export function readPresence(text: string): Presence | { gone: string } | undefined {
  const fields = parseObject(text);
  const gone = textIn(fields, 'gone');
  if (gone !== null) return { gone };
  const [id, health] = [textIn(fields, 'id'), textIn(fields, 'health')];
  const [sinceAt, startedAt] = [numberIn(fields, 'sinceAt'), numberIn(fields, 'startedAt')];
  if (id === null || health === null || !HEALTHS.includes(health) || sinceAt === null || startedAt === null)
    return undefined;
  const short = (name: string): string => (textIn(fields, name) ?? '').slice(0, LONGEST_TEXT);
  return {
    id: id.slice(0, LONGEST_TEXT),
    health: health as Health,
    sinceAt,
    startedAt,
    reasons: linesOf(fields['reasons']).slice(0, MOST_REASONS).map(reasonOf),
    role: short('role'),
    version: short('version'),
    host: short('host'),
    says: short('says'),
    lead: textIn(fields, 'lead'),
    streams: numberIn(fields, 'streams') ?? 0,
    live: numberIn(fields, 'live') ?? 0,
    clients: numberIn(fields, 'clients'),
  };
}

function reasonOf(value: unknown): Reason {
  const fields = fieldsOf(value);
  const short = (name: string): string => (textIn(fields, name) ?? '').slice(0, LONGEST_TEXT);
  return { what: short('what'), why: short('why') };
}

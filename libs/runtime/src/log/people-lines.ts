import { styleText } from 'node:util';
import { duration, timeOfDay } from '#libs/core';
import { flow, wrap } from '#libs/terminal';

/** What a log line is to people, from the least serious. */
const LEVELS: Readonly<Record<number, { word: string; style: Parameters<typeof styleText>[0] }>> = {
  20: { word: 'debug', style: 'dim' },
  30: { word: '     ', style: 'reset' },
  40: { word: 'warn ', style: 'yellow' },
  50: { word: 'ERROR', style: 'red' },
  60: { word: 'ERROR', style: 'red' },
};

/** Said by what stands around them, or by the sentence: who ended a connection, and how. */
const LEFT_OUT = new Set('level time name msg stack code next closedBy cause closeCode status reason'.split(' '));

/** The time, a blank, how serious, a blank. */
const INDENT = 15;

/** One line of the log as a person reads it: the time of day, how serious, the sentence, then what is known beside it; folded where lines are short. */
export function forPeople(line: string, width = Infinity): string {
  const record = JSON.parse(line) as Record<string, unknown>;
  const { word, style } = LEVELS[Number(record['level'])] ?? { word: '     ', style: 'reset' };
  const sentence = wrap(String(record['msg']), width - INDENT).map((text) => styleText(style, text));
  const beside = Object.entries(record)
    .filter(([key, value]) => !LEFT_OUT.has(key) && value !== null)
    .map(([key, value]) => said(key, value))
    .filter((text) => !String(record['msg']).includes(text));
  const last = sentence.pop() ?? '';
  const rest = flow([last, ...beside.flatMap((text) => wrap(text, width - INDENT).map(dimmed))], width - INDENT, '  ');
  const lines = [...sentence, ...rest].map((text, index) =>
    index === 0
      ? `${dimmed(timeOfDay(Number(record['time'])))} ${styleText(style, word)} ${text}`
      : ' '.repeat(INDENT) + text,
  );
  const stack = typeof record['stack'] === 'string' ? [record['stack']] : [];
  return [...lines, ...stack, ...nextOf(record['next'])].map((text) => `${text}\n`).join('');
}

const dimmed = (text: string): string => styleText('dim', text);

/** `tookMs: 1500` → `took 1.5 s`, `streams: 3` → `streams 3`. */
function said(key: string, value: unknown): string {
  const words = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  if (typeof value === 'number' && key.endsWith('Ms')) return `${words.replace(/ ms$/, '')} ${duration(value)}`;
  if (Array.isArray(value)) return `${words} ${value.map(textOf).join(', ')}`;
  return key === 'url' ? textOf(value) : `${words} ${textOf(value)}`;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** What can be done now, by its name; each on a line of its own, so that it can be copied. */
function nextOf(next: unknown): string[] {
  const steps = Object.entries(Object(next) as Record<string, string>);
  if (steps.length === 0) return [];
  const longest = Math.max(...steps.map(([name]) => name.length));
  return ['', ...steps.map(([name, step]) => `  ${dimmed(name.padEnd(longest))}  ${step}`), ''];
}

import { styleText } from 'node:util';

/** What a log line is to people, from the least serious. */
const LEVELS: Readonly<Record<number, { word: string; style: Parameters<typeof styleText>[0] }>> = {
  20: { word: 'debug', style: 'dim' },
  30: { word: '     ', style: 'reset' },
  40: { word: 'warn ', style: 'yellow' },
  50: { word: 'ERROR', style: 'red' },
  60: { word: 'ERROR', style: 'red' },
};

/** Said by what stands around them. */
const LEFT_OUT = new Set(['level', 'time', 'name', 'msg', 'stack']);

/** One line of the log as a person reads it: the time of day, how serious, the sentence, then what is known beside it. */
export function forPeople(line: string): string {
  const record = JSON.parse(line) as Record<string, unknown>;
  const { word, style } = LEVELS[Number(record['level'])] ?? { word: '     ', style: 'reset' };
  const time = new Date(Number(record['time'])).toTimeString().slice(0, 8);
  const beside = Object.entries(record)
    .filter(([key, value]) => !LEFT_OUT.has(key) && value !== null)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const stack = typeof record['stack'] === 'string' ? `\n${record['stack']}` : '';
  return `${styleText('dim', time)} ${styleText(style, word)} ${styleText(style, String(record['msg']))}  ${styleText('dim', beside.join(' '))}${stack}\n`;
}

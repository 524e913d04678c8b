import { type LevelWithSilent, type Logger, pino } from 'pino';
import { standardOutput } from './standard-output.js';

/**
 * Where a line goes. One line per transition, never one per frame; the first argument holds the fields (`code` first),
 * the second is the sentence for people.
 */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export type LogLevel = LevelWithSilent;

/** A log on standard output, each line with the name of the process that wrote it: JSON, or on a terminal what people read. */
export const makeLog = (name: string, level: LogLevel): Log =>
  pino({ name, level, base: { name } }, forTerminal ?? standardOutput);

// Who writes JSON needs nothing that measures how wide a text is shown.
const { forTerminal } = process.stdout.isTTY ? await import('./terminal-log.js') : {};

/** A log that writes nothing, for tests and for programs that draw their own screen. */
export const silentLog: Log = pino({ level: 'silent' });

import { type LevelWithSilent, type Logger, pino } from 'pino';
import { standardOutput } from './process/standard-output.js';

/**
 * Where a line goes. One line per transition, never one per frame; the first argument holds the fields (`code` first),
 * the second is the sentence for people.
 */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export type LogLevel = LevelWithSilent;

/** A log that writes JSON lines to standard output, each with the name of the process that wrote it. */
export const makeLog = (name: string, level: LogLevel): Log => pino({ name, level, base: { name } }, standardOutput);

/** A log that writes nothing, for tests and for programs that draw their own screen. */
export const silentLog: Log = pino({ level: 'silent' });

import { constants } from 'node:os';
import type { Log } from './log.js';
import { SettingsError } from './settings/index.js';
import type { Running } from './start.js';

/**
 * How a process of ours ends.
 *
 * @see https://man.freebsd.org/cgi/man.cgi?query=sysexits for 69, 70 and 78
 */
export const EXIT = {
  ok: 0,
  /** A port that cannot be listened on, a Redis that cannot be reached at start. */
  unavailable: 69,
  /** A bug of ours. */
  software: 70,
  /** A setting is not what it should be; the line names it. */
  config: 78,
} as const;

const UNAVAILABLE = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ECONNREFUSED', 'ENOTFOUND']);

/** Runs an app until SIGTERM or SIGINT, then stops it in order. Never returns before the app has ended. */
export async function runMain(log: Log, startApp: () => Promise<Running>): Promise<void> {
  process.on('unhandledRejection', (error) => fail(log, error));
  process.on('uncaughtException', (error) => fail(log, error));
  let running: Running;
  try {
    running = await startApp();
  } catch (error) {
    return fail(log, error);
  }
  const signal = await ending();
  log.info({ code: 'process.stopping', signal }, 'stopping');
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
  await running.stop();
  process.exit(EXIT.ok);
}

/**
 * Reads settings, or ends the process with exit code 78 and one line for each bad one on standard error, before anything
 * else has started.
 */
export function orExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const line of error.lines) process.stderr.write(`${line}\n`);
    process.exit(EXIT.config);
  }
}

function ending(): Promise<'SIGTERM' | 'SIGINT'> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

function fail(log: Log, error: unknown): void {
  const { code, message, stack } = error as NodeJS.ErrnoException;
  const isUnavailable = code !== undefined && UNAVAILABLE.has(code);
  log.error({ code: isUnavailable ? 'process.unavailable' : 'process.failed', stack }, message);
  process.stderr.write(`${message}\n`);
  process.exit(isUnavailable ? EXIT.unavailable : EXIT.software);
}

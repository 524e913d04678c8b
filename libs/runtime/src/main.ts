import { constants } from 'node:os';
import { EXIT } from '#libs/core';
import { UnavailableError } from './listening.js';
import type { Log } from './log/log.js';
import { standardOutput, watch } from './log/standard-output.js';
import { SettingsError } from './settings/index.js';
import type { Running } from './start.js';

const UNAVAILABLE = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ECONNREFUSED', 'ENOTFOUND']);

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
type Signal = (typeof SIGNALS)[number];

/**
 * Runs an app until SIGTERM or SIGINT, then stops it in order and ends the process with 0. A second signal, or one that
 * comes before the start is done, ends the process at once with 128 + its number. Never returns.
 */
export async function runMain(log: Log, startApp: () => Promise<Pick<Running, 'stop'>>): Promise<void> {
  watch();
  process.on('unhandledRejection', (error) => fail(log, error));
  process.on('uncaughtException', (error) => fail(log, error));
  // Listened for before the start: process 1 of a container has no default action, so a signal that came meanwhile
  // would be lost, and the container killed in the end.
  const signalled = ending();
  let outcome: Pick<Running, 'stop'> | Signal;
  try {
    outcome = await Promise.race([startApp(), signalled]);
  } catch (error) {
    return fail(log, error);
  }
  const signal = await signalled;
  log.info({ code: 'process.stopping', signal }, 'stopping');
  if (typeof outcome === 'string') process.exit(128 + constants.signals[signal]);
  await outcome.stop();
  await standardOutput.drained();
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

/** The first signal; any that comes after it ends the process, also one that comes in the same turn. */
function ending(): Promise<Signal> {
  return new Promise((resolve) => {
    let isEnding = false;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (isEnding) process.exit(128 + constants.signals[signal]);
        isEnding = true;
        resolve(signal);
      });
    }
  });
}

function fail(log: Log, error: unknown): void {
  const { code, message, stack } = error as NodeJS.ErrnoException;
  const isUnavailable = error instanceof UnavailableError || (code !== undefined && UNAVAILABLE.has(code));
  const fields = { code: isUnavailable ? 'process.unavailable' : 'process.failed' };
  log.error(error instanceof UnavailableError ? { ...fields, errno: error.code } : { ...fields, stack }, message);
  process.exit(isUnavailable ? EXIT.unavailable : EXIT.software);
}

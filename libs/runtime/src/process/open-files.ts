import { readFileSync } from 'node:fs';
import { SettingsError } from '../settings/index.js';

/** How many clients a process takes, and what decided that. */
export interface ConnectionRoom {
  /** What HOLDFAST_MAX_CONNECTIONS says. */
  asked: number;
  /** What is taken: never so many that the reserve would be touched. */
  taken: number;
  /** Files and sockets that this process may have open at once; `undefined` where the system does not say. */
  openFiles: number | undefined;
  /** How many of them are kept from clients. */
  reserve: number;
}

/** Node's own, the program's files, name look-ups, Redis, the ops port with a few who ask. */
const OWN_FILES = 64;

/** Of all, kept for connections that are refused: each is accepted first, and stays until it has heard why. */
const SHARE_OF_REFUSED = 0.1;

/** However many lines to Binance the settings allow, clients are not kept out for their sake beyond this share. */
const MOST_OF_LINES = 0.25;

/**
 * A process that runs out of files can neither answer a probe nor dial Binance again, and accepts no client to tell so. Hence
 * clients are refused before that.
 *
 * @param lines connections to Binance that this process may need; each has a second one beside it while it is replaced.
 * @throws SettingsError when not even one client fits.
 */
export function roomForConnections(asked: number, openFiles: number | undefined, lines: number): ConnectionRoom {
  if (openFiles === undefined) return { asked, taken: asked, openFiles, reserve: 0 };
  if (!Number.isFinite(openFiles)) return { asked, taken: asked, openFiles: undefined, reserve: 0 };
  const ofLines = Math.min(2 * lines, Math.floor(openFiles * MOST_OF_LINES));
  const reserve = OWN_FILES + ofLines + Math.ceil(openFiles * SHARE_OF_REFUSED);
  const taken = Math.min(asked, openFiles - reserve);
  if (taken >= 1) return { asked, taken, openFiles, reserve };
  throw new SettingsError([
    `HOLDFAST_MAX_CONNECTIONS is "${asked}": expected room for at least one client, but this process may open ${openFiles} files (ulimit -n) and needs ${reserve} of them itself`,
  ]);
}

/** What an operator is told when fewer clients are taken than was asked for. */
export const roomWarning = ({ asked, taken, openFiles, reserve }: ConnectionRoom): string | undefined =>
  taken === asked
    ? undefined
    : `takes ${taken} clients, not ${asked}: this process may open ${openFiles} files and keeps ${reserve} for itself; raise the limit (ulimit -n, LimitNOFILE) to at least ${filesFor(asked, reserve, openFiles ?? 0)} or lower HOLDFAST_MAX_CONNECTIONS`;

/** With so many files, all that was asked for fits: the parts of the reserve that grow with the limit are counted at their share. */
const filesFor = (asked: number, reserve: number, openFiles: number): number =>
  Math.ceil((asked + reserve - Math.ceil(openFiles * SHARE_OF_REFUSED)) / (1 - SHARE_OF_REFUSED));

/**
 * The limit of open files. Node has raised the soft one to the hard one by the time this runs, so it is the most there is.
 * Linux tells; elsewhere nobody does without a native module.
 */
export function readOpenFilesLimit(file = '/proc/self/limits'): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined; // Not Linux, or /proc is not mounted.
  }
  const [, soft] = /^Max open files\s+(\d+|unlimited)\s/m.exec(text) ?? [];
  return soft === 'unlimited' ? Infinity : soft === undefined ? undefined : Number(soft);
}

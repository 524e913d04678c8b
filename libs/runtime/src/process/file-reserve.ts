import { readdirSync } from 'node:fs';
import type { Clock, Millis } from '#libs/core';
import { readOpenFilesLimit } from './open-files.js';

/** Kept free whoever is at the door: a dial to Binance and Redis, probes and operators. */
const KEPT = 16;
const SHARE_KEPT = 0.01;

/** Where there is no room, strangers are turned away for so long before files are counted again: counting them takes milliseconds. */
const FULL_FOR_MS: Millis = 100;

/**
 * Says whether a process has files left for one more stranger. Sockets that have not said anything yet, and those that have been
 * told to go and stay, are in nobody's count, so the files that are open are counted themselves; not for each stranger, for that
 * takes a while where there are many.
 */
export class FileReserve {
  private readonly most: number;
  private left = 0;
  private fullUntil: Millis = -Infinity;

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    openFiles: number | undefined = readOpenFilesLimit(),
    private readonly countOpen: () => number = openFilesNow,
  ) {
    this.most = openFiles === undefined ? Infinity : Math.floor(openFiles * (1 - SHARE_KEPT)) - KEPT;
  }

  /** Called for each that has come; the file that it takes is open already. */
  hasRoom(): boolean {
    if (this.most === Infinity) return true;
    if (this.left === 0 && !this.findRoom()) return false;
    this.left -= 1;
    return true;
  }

  private findRoom(): boolean {
    const now = this.clock.now();
    if (now < this.fullUntil) return false;
    this.left = Math.max(0, this.most - this.countOpen());
    if (this.left === 0) this.fullUntil = now + FULL_FOR_MS;
    return this.left > 0;
  }
}

/** Linux tells; the limit is known nowhere else. */
const openFilesNow = (): number => readdirSync('/proc/self/fd').length;

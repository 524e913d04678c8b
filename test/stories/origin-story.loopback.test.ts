import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Stage, HURRIED_LIMITS, startStandalone, verdictOf } from '#libs/drill';
import { type Log, silentLog, systemClock as clock } from '#libs/runtime';
import { type Cut, Simulator } from '#libs/simulator';
import { BRISK } from './brisk.js';

type Line = Record<string, unknown>;

/** Keeps the lines of one code. */
const logOf = (code: string, lines: Line[]): Log => {
  const keep = (fields: unknown): void => {
    if (Reflect.get(Object(fields), 'code') === code) lines.push(fields as Line);
  };
  return { ...silentLog, debug: keep, info: keep, warn: keep, error: keep };
};

/**
 * A client had streamed for hours when Binance closed with 1000. Every attempt after that died, with 1007 "Invalid UTF-8 code
 * encountered.", some with 1008, until the program was restarted: the half-read text of one connection lived on in the next.
 */
describe('the story Holdfast starts from', () => {
  let stage: Stage;
  let ended: Line[];

  beforeEach(async () => {
    ended = [];
    const simulator = await Simulator.start({ clock, pace: 10, limits: HURRIED_LIMITS });
    const gateway = await startStandalone(simulator, {
      upstream: { retryMostMs: 300 },
      log: logOf('line.ended', ended),
    });
    stage = new Stage({ clock, simulator, gateway, clients: 8, menus: BRISK });
    await stage.start();
  });

  afterEach(() => stage.stop());

  it.each<Cut>(['mid-frame', 'mid-length', 'mid-utf8', 'mid-fragment'])(
    'ends well when TCP is cut %s: no client is closed, and one line per attempt says who closed and why',
    async (cut) => {
      const attempts = stage.simulator.attempts.length;
      stage.script([
        { cut, when: 'first-frame' },
        { close: { code: 1007, reason: 'Invalid UTF-8 code encountered.' } },
        { close: { code: 1008, reason: 'Policy violation' }, when: 'first-frame' },
      ]);
      stage.strike({ name: 'close', code: 1000 });
      await stage.attempted(4, attempts);
      await stage.settled();

      const outcome = await stage.outcome();
      expect(outcome.journal.map(({ why }) => why)).toEqual(['demand', ...Array<string>(4).fill('reconnect')]);
      const { isGood, sentence } = verdictOf(outcome);
      expect(sentence).toMatch(/^PASSED/);
      expect(isGood).toBe(true);
      const told = {
        attempt: expect.any(Number),
        livedMs: expect.any(Number),
        then: expect.stringMatching(/^next attempt in \d+\.\d+ s$/),
      };
      expect(ended).toEqual([
        expect.objectContaining({ ...told, closedBy: 'binance', closeCode: 1000 }),
        expect.objectContaining({ ...told, closedBy: 'transport', closeCode: 1006 }),
        expect.objectContaining({
          ...told,
          closedBy: 'binance',
          closeCode: 1007,
          reason: 'Invalid UTF-8 code encountered.',
        }),
        expect.objectContaining({ ...told, closedBy: 'binance', closeCode: 1008, reason: 'Policy violation' }),
      ]);
      expect(ended.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    },
  );
});

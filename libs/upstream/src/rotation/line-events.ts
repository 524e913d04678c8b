import type { Clock, Random } from '#libs/core';
import type { Log, UpstreamSettings } from '#libs/runtime';
import type { Then } from '../journal/journal.js';
import type { LineOwner } from '../line/line.js';
import { lossOf } from '../streams/loss.js';
import type { Cargo } from './cargo.js';
import { rotationDueAt } from './schedule.js';
import type { SlotEffect, SlotEvent } from './step.js';
import { heldMessage, lossMessage } from './texts.js';

/** The slot as its lines' events reach it. */
export interface Told {
  readonly cargo: Cargo;
  handle(event: SlotEvent, message?: (effects: readonly SlotEffect[]) => string): readonly SlotEffect[];
}

export interface LineEventTools {
  clock: Clock;
  random: Random;
  log: Log;
  settings: Readonly<UpstreamSettings>;
}

/**
 * What happens to a line, in the words in which its slot decides.
 *
 * @param letGo the slot has nothing to carry, and its line is not worth a repair.
 */
export function ownerOf(slot: Told, tools: LineEventTools, letGo: () => void): LineOwner {
  const { clock, random, log, settings } = tools;
  return {
    opened: ({ generation: line, connection }) => {
      const openedAt = connection?.openedAt ?? clock.now();
      const ahead = clock.wallAt(openedAt) - openedAt;
      // An operator's window is a time of day; how old a connection gets is not.
      const dueAt = rotationDueAt(openedAt + ahead, settings, random) - ahead;
      slot.handle({ type: 'opened', line, dueAt });
    },
    distrusted: ({ generation: line }, reason, why) => {
      log.warn({ code: 'line.distrusted', generation: line, reason, why }, 'a connection is to be replaced');
      slot.handle({ type: 'distrusted', line, reason, now: clock.now() });
    },
    refused: ({ generation }, streams, why) => {
      log.warn({ code: 'line.streams-refused', generation, streams, why }, 'Binance refuses streams');
      slot.cargo.tell(streams, { state: 'refused', cause: 'refused-by-binance', message: `Binance: ${why}` });
    },
    carries: (_line, since) => slot.cargo.acknowledge(since),
    held: ({ generation: line }, forMs) => {
      const message = heldMessage(forMs);
      log.warn({ code: 'line.held', generation: line, forMs }, message);
      slot.handle({ type: 'held', line, forMs }, () => message);
    },
    ended: ({ generation: line }, ending, retryMs) => {
      if (slot.cargo.size === 0) {
        letGo();
        return { do: 'nothing' };
      }
      const loss = retryMs === undefined ? undefined : lossOf(ending, retryMs);
      const event = { type: 'ended', line, now: clock.now(), loss } as const;
      return thenOf(
        slot.handle(event, (effects) => lossMessage(ending, thenOf(effects, retryMs))),
        retryMs,
      );
    },
  };
}

/** What the slot has decided to do about the end of a line. */
function thenOf(effects: readonly SlotEffect[], retryMs: number | undefined): Then {
  for (const effect of effects) {
    if (effect.do !== 'report') continue;
    if (effect.result === 'promoted') return { do: 'promote', generation: effect.line };
    if (effect.why === 'ended') return { do: 'replace-later' };
  }
  return retryMs === undefined ? { do: 'nothing' } : { do: 'retry', inMs: retryMs };
}

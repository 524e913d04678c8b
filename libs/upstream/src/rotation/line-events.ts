import type { Clock, Millis, Random } from '#libs/core';
import type { Log, UpstreamSettings } from '#libs/runtime';
import type { Then } from '../journal/journal.js';
import type { LineOwner } from '../line/line.js';
import { lossOf } from './loss.js';
import type { Cargo } from './cargo.js';
import { lineDueAt } from './schedule.js';
import type { LineId, SlotEffect, SlotEvent } from './step.js';
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

/** Whom a slot turns to when a line of its own drops. */
export interface Around {
  /** The slot has nothing to carry, and its line is not worth a repair. */
  letGo(): void;
  /** Asks another line to bring the slot's streams meanwhile; which one does, if one does. */
  standIn(line: LineId): LineId | undefined;
}

/** What happens to a line, in the words in which its slot decides. */
export function ownerOf(slot: Told, tools: LineEventTools, around: Around): LineOwner {
  const { clock, log } = tools;
  return {
    opened: ({ generation: line, connection }) => {
      slot.handle({ type: 'opened', line, dueAt: lineDueAt(connection?.openedAt ?? clock.now(), tools) });
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
        around.letGo();
        return { do: 'nothing' };
      }
      const loss = retryMs === undefined ? undefined : lossOf(ending, retryMs);
      // Before the line is nobody's source any more: what waits for it may wait for the other one then.
      const next = { retryMs, standIn: loss && around.standIn(line) };
      const event = { type: 'ended', line, now: clock.now(), loss } as const;
      return thenOf(
        slot.handle(event, (effects) => lossMessage(ending, thenOf(effects, next))),
        next,
      );
    },
  };
}

interface Next {
  retryMs: Millis | undefined;
  standIn: LineId | undefined;
}

/** What the slot has decided to do about the end of a line. */
function thenOf(effects: readonly SlotEffect[], { retryMs, standIn }: Next): Then {
  for (const effect of effects) {
    if (effect.do !== 'report') continue;
    if (effect.result === 'promoted') return { do: 'promote', generation: effect.line };
    if (effect.why === 'ended') return { do: 'replace-later' };
  }
  if (retryMs === undefined) return { do: 'nothing' };
  return { do: 'retry', inMs: retryMs, ...(standIn !== undefined && { standIn }) };
}

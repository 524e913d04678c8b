import type { Market } from '#libs/binance';
import { type BookEvent, type MarketEvent, type Millis, millisOf } from '#libs/core';
import type { Pool } from '../pool/pool.js';

/** What Binance allows, for operators; how much of it is used stands beside each connection, and in metrics. */
export function limitsShown({ market, pool }: { market: Market; pool: Pool }): Record<string, unknown> {
  const { attempts, messages, streams } = market.limits;
  return {
    attempts: attempts.most,
    attemptsPerMs: attempts.windowMs,
    messages: messages.most,
    messagesPerMs: messages.windowMs,
    streamsPerConnection: streams,
    connections: pool.lines.length,
  };
}

/** How long after Binance sent it an event came here, by two machines' clocks; null where it does not say when it was sent. */
export function lagOf(event: MarketEvent | BookEvent | undefined): Millis | null {
  if (event === undefined || !('eventAt' in event) || event.eventAt === undefined) return null;
  return Math.round(millisOf(event.receivedAt) - millisOf(event.eventAt));
}

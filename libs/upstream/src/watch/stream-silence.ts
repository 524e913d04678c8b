import type { StreamType } from '#libs/binance';
import type { FeedCause, FeedState, Millis } from '#libs/core';

/** Sent at a fixed pace while the connection is well, whether anything is traded or not. */
const PACED: ReadonlySet<StreamType> = new Set(['kline', 'ticker', 'rollingTicker', 'miniTicker', 'avgPrice']);

/** The share of recent seconds that had an event, from which on a stream counts as steady. */
const STEADY_SHARE = 0.5;

/** One second more or less changes the share by this part: it looks back about a minute. */
const SHARE_STEP = 1 / 60;

/** What is looked at to judge one stream's silence. */
export interface StreamView {
  type: StreamType;
  feed: { state: FeedState; cause: FeedCause } | undefined;
  /** Whether it delivered in this term. */
  wasLive: boolean;
  heardAt: Millis | undefined;
  /** See `nextShare`. */
  share: number;
  /** Since when it is wanted. */
  wantedAt: Millis;
  /** Since when the line that carries it has been confirmed by Binance's list; undefined while it is not. */
  confirmedAt: Millis | undefined;
}

export interface Change {
  state: FeedState;
  cause: FeedCause;
  message: string;
}

export interface Patience {
  silenceStreamMs: Millis;
  quietMs: Millis;
}

/** The share of recent seconds with events, one second later. Stands still once the stream is silent, as evidence. */
export const nextShare = (share: number, hadEvent: boolean, silentMs: Millis): number => {
  if (hadEvent) return share + (1 - share) * SHARE_STEP;
  return silentMs > 5_000 ? share : share * (1 - SHARE_STEP);
};

/** Whether such a stream says something every few seconds, whether anything is traded or not. */
export const isPaced = (type: StreamType): boolean => PACED.has(type);

/** Whether silence on it means something: it has a pace of its own, or it was busy until now. */
export const isSteady = ({ type, wasLive, share }: Pick<StreamView, 'type' | 'wasLive' | 'share'>): boolean =>
  wasLive && (PACED.has(type) || share >= STEADY_SHARE);

/**
 * What a stream's silence says about it, if that is news. Never a reason to reconnect: a quiet symbol is not dead, and
 * other streams of the connection may be well. See `silence.why.md`.
 */
export function judgeStream(view: StreamView, now: Millis, patience: Patience): Change | undefined {
  const { feed, confirmedAt, wantedAt, heardAt, wasLive } = view;
  if (!feed || confirmedAt === undefined) return undefined;
  const carriedMs = now - Math.max(confirmedAt, wantedAt);
  const silentMs = now - Math.max(heardAt ?? 0, confirmedAt, wantedAt);
  const seconds = Math.round(patience.silenceStreamMs / 1_000);
  if (feed.state === 'live') {
    if (!isSteady(view) || silentMs < patience.silenceStreamMs) return undefined;
    return { state: 'stale', cause: 'silent', message: `no event for ${seconds} s on a stream that is never so quiet` };
  }
  if (feed.cause === 'silent' || feed.cause === 'not-delivering') return undefined;
  if (wasLive && !isSteady(view)) {
    if (carriedMs < patience.quietMs) return undefined;
    return { state: 'live', cause: 'resumed', message: 'connected again; it has been quiet since' };
  }
  if (silentMs < patience.silenceStreamMs) return undefined;
  return {
    state: 'stale',
    cause: 'not-delivering',
    message: `Binance lists the stream, but sent nothing for ${seconds} s`,
  };
}

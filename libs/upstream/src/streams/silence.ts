import type { FeedCause, FeedState, Millis } from '#libs/core';

/** The share of recent seconds that had an event, from which on a stream counts as steady. */
const STEADY_SHARE = 0.5;

/** One second more or less changes the share by this part: it looks back about a minute. */
const SHARE_STEP = 1 / 60;

/** What is looked at to judge one stream's silence. */
export interface StreamView {
  /** Whether it is sent at a fixed pace while the connection is well. */
  isPaced: boolean;
  feed: { state: FeedState; cause: FeedCause } | undefined;
  /** Whether it delivered in this term. */
  wasLive: boolean;
  heardAt: Millis | undefined;
  /** See `nextShare`. */
  share: number;
  /** Since when it is wanted. */
  wantedAt: Millis;
  /** Since when the present connection is known to carry it: acknowledged or listed by Binance; undefined while it is not. */
  carriedSince: Millis | undefined;
}

export interface FeedChange {
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

/** Whether silence on it means something: it has a pace of its own, or it was busy until now. */
export const isSteady = ({ isPaced, wasLive, share }: Pick<StreamView, 'isPaced' | 'wasLive' | 'share'>): boolean =>
  wasLive && (isPaced || share >= STEADY_SHARE);

/**
 * What a stream's silence says about it, if that is news. Never a reason to reconnect: a quiet symbol is not dead, and
 * other streams of the connection may be well. See `silence.why.md`.
 */
export function judgeStream(view: StreamView, now: Millis, patience: Patience): FeedChange | undefined {
  const { feed, carriedSince, wantedAt, heardAt, wasLive } = view;
  if (!feed || carriedSince === undefined) return undefined;
  const carriedMs = now - Math.max(carriedSince, wantedAt);
  const silentMs = now - Math.max(heardAt ?? 0, carriedSince, wantedAt);
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

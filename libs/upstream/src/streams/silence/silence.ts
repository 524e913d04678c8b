import type { FeedCause, FeedState, Millis } from '#libs/core';

/** The share of recent seconds that had an event, from which on a stream counts as steady. */
const STEADY_SHARE = 0.5;

/** The share looks back so far: a second more or less changes it by one part of this. */
const SHARE_SECONDS = 60;

/** A stream that has just begun counts as having been quiet for so long before. */
const QUIET_SECONDS = 5;

/** A stream at its usual pace is so quiet by chance once in a million times (the natural logarithm of that). */
const CHANCE = Math.log(1e-6);

/** No stream is called silent earlier, and a line that brought something since is not. */
export const LEAST_PATIENCE_MS: Millis = 3_000;

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
  /** The longest silence of a stream that is never so quiet; one that is busier is given less. */
  silenceStreamMs: Millis;
  quietMs: Millis;
}

/**
 * The share of recent seconds with events, one second later. Stands still once the stream is silent, as evidence.
 *
 * @param seconds for how many seconds it has been watched; in the first minute it is the mean of them and a few quiet ones,
 *   as little evidence is none.
 */
export const nextShare = (share: number, seconds: number, hadEvent: boolean, silentMs: Millis): number => {
  const step = 1 / Math.min(SHARE_SECONDS, seconds + 1 + QUIET_SECONDS);
  if (hadEvent) return share + (1 - share) * step;
  return silentMs > 5_000 ? share : share * (1 - step);
};

/** How long a stream of this share may be silent before that means something: the busier it is, the sooner. */
export const patienceMs = (share: number, mostMs: Millis): Millis =>
  Math.min(mostMs, Math.max(LEAST_PATIENCE_MS, (1_000 * CHANCE) / Math.log1p(-share)));

/** Whether silence on it means something: it has a pace of its own, or it was busy until now. */
export const isSteady = ({ isPaced, wasLive, share }: Pick<StreamView, 'isPaced' | 'wasLive' | 'share'>): boolean =>
  wasLive && (isPaced || share >= STEADY_SHARE);

/** How long a whole line may be silent: not less than this, as a replacement costs an attempt, and not much more. */
const LINE_PATIENCE_MS: Millis = 10_000;

/** How long a line that carries a stream of this share may bring nothing at all. */
export const linePatienceMs = (share: number, mostMs: Millis): Millis =>
  Math.min(mostMs, Math.max(LINE_PATIENCE_MS, patienceMs(share, mostMs)));

/**
 * What a stream's silence says about it, if that is news. By itself no reason to reconnect: a quiet symbol is not dead, and
 * other streams of the connection may be well. See `silence.why.md`.
 */
export function judgeStream(view: StreamView, now: Millis, patience: Patience): FeedChange | undefined {
  const { feed, carriedSince, wantedAt, heardAt, wasLive } = view;
  if (!feed || carriedSince === undefined) return undefined;
  const carriedMs = now - Math.max(carriedSince, wantedAt);
  const silentMs = now - Math.max(heardAt ?? 0, carriedSince, wantedAt);
  const seconds = (ms: Millis): number => Math.round(ms / 1_000);
  if (feed.state === 'live') {
    const mostMs = patienceMs(view.share, patience.silenceStreamMs);
    if (!isSteady(view) || silentMs < mostMs) return undefined;
    const message = `no event for ${seconds(mostMs)} s on a stream that is never so quiet`;
    return { state: 'stale', cause: 'silent', message };
  }
  if (feed.cause === 'silent' || feed.cause === 'not-delivering') return undefined;
  if (wasLive && !isSteady(view)) {
    if (carriedMs < patience.quietMs) return undefined;
    return { state: 'live', cause: 'resumed', message: 'connected again; it has been quiet since' };
  }
  if (silentMs < patience.silenceStreamMs) return undefined;
  return {
    state: 'stale',
    cause: wasLive ? 'silent' : 'not-delivering',
    message: `Binance lists the stream, but sent nothing for ${seconds(patience.silenceStreamMs)} s`,
  };
}

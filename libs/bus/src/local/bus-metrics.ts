import type { Millis } from '#libs/core';
import type { Metrics } from '#libs/runtime';

/** One kind of message has room of its own to wait for Redis, so that the other kind cannot use it up. */
export interface QueueCounts {
  /** Published, and Redis has not answered yet. */
  bytes: number;
  /** Not published: too many bytes were waiting. */
  droppedFull: number;
}

/**
 * What a bus counts. Plain numbers, because they are raised once per message; Prometheus reads them when it scrapes.
 */
export interface BusCounts {
  published: number;
  /** Published once more: Redis could not take it for the moment. */
  publishedAgain: number;
  received: number;
  /** What is published for everybody: market events, feed states, demands. */
  events: QueueCounts;
  /** Questions, answers, and what the bus says to itself. */
  asks: QueueCounts;
  /** Not published: the bus was down. */
  droppedDown: number;
  /** Not published: only the holder of a lease may say it, and this connection is not registered as his. */
  notHeld: number;
  /** Handed to Redis, but Redis refused or the connection died before it answered. */
  droppedFailed: number;
  subscriberErrors: number;
  /** Questions that were not asked, because too many waited for an answer. */
  unasked: number;
  /** Questions that got no answer, because too many waited for one. */
  unanswered: number;
  /** Texts where a question or an answer belongs, that are none. */
  notUnderstood: number;
  wentDown: number;
}

export const newBusCounts = (): BusCounts => ({
  published: 0,
  publishedAgain: 0,
  received: 0,
  events: { bytes: 0, droppedFull: 0 },
  asks: { bytes: 0, droppedFull: 0 },
  droppedDown: 0,
  notHeld: 0,
  droppedFailed: 0,
  subscriberErrors: 0,
  unasked: 0,
  unanswered: 0,
  notUnderstood: 0,
  wentDown: 0,
});

/** Shows a bus's counts and state to Prometheus. */
export function exposeBus(metrics: Metrics, counts: BusCounts, isUp: () => boolean): void {
  metrics.readCounter('holdfast_bus_published_total', 'Messages handed to the bus.', () => counts.published);
  metrics.readCounter(
    'holdfast_bus_published_again_total',
    'Messages published once more because Redis could not take them for the moment.',
    () => counts.publishedAgain,
  );
  metrics.readCounter('holdfast_bus_received_total', 'Messages that came from the bus.', () => counts.received);
  metrics.readCounter(
    'holdfast_bus_subscriber_errors_total',
    'Exceptions of subscribers.',
    () => counts.subscriberErrors,
  );
  metrics.readCounter(
    'holdfast_bus_unasked_total',
    'Questions not asked: too many were waiting.',
    () => counts.unasked,
  );
  metrics.readCounter(
    'holdfast_bus_unanswered_total',
    'Questions not answered: too many were waiting.',
    () => counts.unanswered,
  );
  metrics.readCounter(
    'holdfast_bus_not_understood_total',
    'Texts on a channel of questions or answers that are none.',
    () => counts.notUnderstood,
  );
  metrics.readCounter('holdfast_bus_went_down_total', 'Times the bus went from up to down.', () => counts.wentDown);
  dropped(metrics, counts);
  gauges(metrics, counts, isUp);
}

/** Shows how long a message takes to Redis and back, whatever it is for. */
export function roundTripOf(metrics: Metrics): (ms: Millis) => void {
  const seconds = metrics.histogram({
    name: 'holdfast_bus_round_trip_seconds',
    help: 'From publishing a message to hearing it over the other connection to Redis; one each second.',
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  });
  return (ms) => seconds.observe(ms / 1_000);
}

function dropped(metrics: Metrics, counts: BusCounts): void {
  metrics.counter({
    name: 'holdfast_bus_dropped_total',
    help: 'Messages not published, by reason: bus down, room of events or of questions and answers full, refused or lost by Redis, lease not held.',
    labelNames: ['reason'],
    collect() {
      this.reset();
      this.inc({ reason: 'down' }, counts.droppedDown);
      this.inc({ reason: 'full' }, counts.events.droppedFull);
      this.inc({ reason: 'asks-full' }, counts.asks.droppedFull);
      this.inc({ reason: 'failed' }, counts.droppedFailed);
      this.inc({ reason: 'not-held' }, counts.notHeld);
    },
  });
}

function gauges(metrics: Metrics, counts: BusCounts, isUp: () => boolean): void {
  metrics.gauge({
    name: 'holdfast_bus_up',
    help: '1 while the bus carries messages.',
    collect() {
      this.set(isUp() ? 1 : 0);
    },
  });
  metrics.gauge({
    name: 'holdfast_bus_queued_bytes',
    help: 'Bytes published and not yet answered by Redis.',
    collect() {
      this.set(counts.events.bytes + counts.asks.bytes);
    },
  });
}

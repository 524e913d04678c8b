import type { Metrics } from '#libs/runtime';

/**
 * What a bus counts. Plain numbers, because they are raised once per message; Prometheus reads them when it scrapes.
 */
export interface BusCounts {
  published: number;
  received: number;
  /** Not published: the bus was down. */
  droppedDown: number;
  /** Not published: too many bytes were waiting for Redis to answer. */
  droppedFull: number;
  /** Handed to Redis, but Redis refused or the connection died before it answered. */
  droppedFailed: number;
  subscriberErrors: number;
  wentDown: number;
  queuedBytes: number;
}

export const newBusCounts = (): BusCounts => ({
  published: 0,
  received: 0,
  droppedDown: 0,
  droppedFull: 0,
  droppedFailed: 0,
  subscriberErrors: 0,
  wentDown: 0,
  queuedBytes: 0,
});

/** Shows a bus's counts and state to Prometheus. */
export function exposeBus(metrics: Metrics, counts: BusCounts, isUp: () => boolean): void {
  const counter = (name: string, help: string, read: () => number): void => {
    metrics.counter({
      name,
      help,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  counter('holdfast_bus_published_total', 'Messages handed to the bus.', () => counts.published);
  counter('holdfast_bus_received_total', 'Messages that came from the bus.', () => counts.received);
  counter('holdfast_bus_subscriber_errors_total', 'Exceptions of subscribers.', () => counts.subscriberErrors);
  counter('holdfast_bus_went_down_total', 'Times the bus went from up to down.', () => counts.wentDown);
  metrics.counter({
    name: 'holdfast_bus_dropped_total',
    help: 'Messages not published, by reason: bus down, queue full, refused or lost by Redis.',
    labelNames: ['reason'],
    collect() {
      this.reset();
      this.inc({ reason: 'down' }, counts.droppedDown);
      this.inc({ reason: 'full' }, counts.droppedFull);
      this.inc({ reason: 'failed' }, counts.droppedFailed);
    },
  });
  gauges(metrics, counts, isUp);
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
      this.set(counts.queuedBytes);
    },
  });
}

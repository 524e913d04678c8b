import {
  Counter,
  type CounterConfiguration,
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type HistogramConfiguration,
  Registry,
  collectDefaultMetrics,
} from 'prom-client';
import type { Millis } from '#libs/core';

export type { Counter, Gauge, Histogram } from 'prom-client';

/**
 * How often the delay of the event loop is measured; what prom-client tells of it contains this time. Each measurement wakes the process up: at its
 * usual 10 ms that was half of what an idle edge costs.
 */
const LOOK_AT_LOOP_EVERY_MS: Millis = 50;

/**
 * The metrics of one process part, in Prometheus' text format. Names begin with `holdfast_`, end with their unit
 * (`_seconds`, `_bytes`, `_total`), and labels take values from small closed sets only: never a symbol, never a client.
 *
 * @see https://prometheus.io/docs/practices/naming/
 */
export class Metrics {
  readonly registry = new Registry();

  /** Adds what every Node.js process has: CPU, memory, event-loop delay, garbage collection. */
  withProcess(): this {
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: LOOK_AT_LOOP_EVERY_MS });
    return this;
  }

  /** @param known labels that are counted from 0, so that `increase()` sees the first of them. */
  counter<L extends string>(
    options: Omit<CounterConfiguration<L>, 'registers'>,
    known: readonly Readonly<Record<L, string>>[] = [],
  ): Counter<L> {
    const counter = new Counter<L>({ ...options, registers: [this.registry] });
    for (const labels of known) counter.inc(labels, 0);
    return counter;
  }

  /** A counter whose number somebody else keeps, cheaper than a metric's; read when Prometheus scrapes. */
  readCounter(name: string, help: string, read: () => number): void {
    this.counter({
      name,
      help,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  /** A gauge whose number is read when Prometheus scrapes. */
  readGauge(name: string, help: string, read: () => number): void {
    this.gauge({
      name,
      help,
      collect() {
        this.set(read());
      },
    });
  }

  /** What one metric stands at now, its labels added up, or those that `isMeant` alone; null where there is none of that name. */
  async valueOf(
    name: string,
    isMeant: (labels: Readonly<Record<string, unknown>>) => boolean = () => true,
  ): Promise<number | null> {
    const metric = this.registry.getSingleMetric(name);
    if (!metric) return null;
    const { values } = await metric.get();
    return values.filter(({ labels }) => isMeant(labels)).reduce((sum, { value }) => sum + value, 0);
  }

  /** How many observations of a histogram were not above each of its bounds; empty where there is none of that name. */
  async bucketsOf(name: string): Promise<ReadonlyMap<number, number>> {
    const { values = [] } = (await this.registry.getSingleMetric(name)?.get()) ?? {};
    return new Map(
      values.flatMap(({ labels, value }) => {
        const bound: unknown = Reflect.get(labels, 'le');
        return bound === undefined ? [] : [[bound === '+Inf' ? Infinity : Number(bound), value] as const];
      }),
    );
  }

  gauge<L extends string>(options: Omit<GaugeConfiguration<L>, 'registers'>): Gauge<L> {
    return new Gauge<L>({ ...options, registers: [this.registry] });
  }

  histogram<L extends string>(options: Omit<HistogramConfiguration<L>, 'registers'>): Histogram<L> {
    return new Histogram<L>({ ...options, registers: [this.registry] });
  }
}

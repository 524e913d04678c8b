import type { Metrics } from '#libs/runtime';
import { TAKEOVERS } from '../standby/lead-effects.js';
import type { Leadership } from '../standby/leadership.js';
import type { Streams } from '../streams/streams.js';

/** Shows of one of several upstreams whether it publishes, and whether it could. */
export function exposeLead(metrics: Metrics, lead: Leadership, { withheld }: Streams): void {
  metrics.readGauge('holdfast_upstream_leading', '1 while this upstream publishes, 0 while it stands by.', () =>
    Number(lead.isSpeaking),
  );
  metrics.readGauge(
    'holdfast_upstream_unsure_streams',
    'Streams of which it is not known where they go on, or would if this upstream took over now.',
    () => lead.unsure,
  );
  metrics.readCounter(
    'holdfast_upstream_withheld_dropped_total',
    'Events of a standby that were withheld and for which there was no room any more.',
    () => withheld.dropped,
  );
  const { takeovers } = lead.effects;
  metrics.counter({
    name: 'holdfast_upstream_takeovers_total',
    help: 'Times this upstream began to publish, by why: it was the first, another one left or fell silent, or its own term was outseen.',
    labelNames: ['why'],
    collect() {
      this.reset();
      for (const why of TAKEOVERS) this.inc({ why }, takeovers[why]);
    },
  });
}

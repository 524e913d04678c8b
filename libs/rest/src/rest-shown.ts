import type { Market } from '#libs/binance';
import type { Clock } from '#libs/core';
import type { Metrics, Ops } from '#libs/runtime';
import type { Host } from './hosts/hosts.js';
import type { Rest } from './rest.js';

/** Shows to operators what is asked over REST: a section of `/status`, and metrics. */
export function showRest(
  rest: Rest,
  { market, ops, metrics, clock }: { market: Market; ops: Ops; metrics: Metrics; clock: Clock },
): void {
  const { results, waits } = rest;
  ops.status(market.name === 'spot' ? 'rest' : `rest of ${market.name}`, () => rest.describe(clock.now()));
  metrics.counter({
    name: 'holdfast_upstream_rest_requests_total',
    help: 'Requests to the REST API that are over, by what became of them.',
    labelNames: ['result'],
    collect() {
      this.reset();
      for (const [result, count] of Object.entries(results)) this.inc({ result }, count);
    },
  });
  metrics.readCounter(
    'holdfast_upstream_rest_waits_total',
    'Times that a request to the REST API waited for weight.',
    () => waits.count,
  );
  const byHost = gaugeByHost(metrics, rest.hosts.all);
  byHost('weight', 'Weight that Binance had counted in its present minute when it answered last.', ({ used }) => used);
  byHost('weight_limit', 'Weight that a host allows.', ({ limit }) => limit.most);
}

const gaugeByHost =
  (metrics: Metrics, hosts: readonly Host[]) =>
  (what: string, help: string, read: (weight: Host['weight']) => number): void =>
    void metrics.gauge({
      name: `holdfast_upstream_rest_${what}`,
      help,
      labelNames: ['host'],
      collect() {
        for (const { name, weight } of hosts) this.set({ host: name }, read(weight));
      },
    });

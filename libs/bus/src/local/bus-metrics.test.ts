import { expect, it } from 'vitest';
import { Metrics } from '#libs/runtime';
import { exposeBus, newBusCounts } from './bus-metrics.js';

it('every count of a bus is shown under its name, the same however often it is asked for', async () => {
  const [metrics, counts] = [new Metrics(), newBusCounts()];
  let isUp = true;
  exposeBus(metrics, counts, () => isUp);
  const shown = async (): Promise<string[]> =>
    (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith('holdfast_bus_'));
  const zeros = await shown();
  expect(zeros.filter((line) => !line.endsWith(' 0'))).toEqual(['holdfast_bus_up 1']);

  isUp = false;
  Object.assign(counts, { published: 1, received: 2, subscriberErrors: 3, unasked: 4, notUnderstood: 5, wentDown: 6 });
  Object.assign(counts, { droppedDown: 7, droppedFailed: 8, publishedAgain: 11, unanswered: 12, notHeld: 13 });
  counts.events = { bytes: 20, droppedFull: 9 };
  counts.asks = { bytes: 3, droppedFull: 10 };
  const wanted = [
    'holdfast_bus_published_total 1',
    'holdfast_bus_published_again_total 11',
    'holdfast_bus_received_total 2',
    'holdfast_bus_subscriber_errors_total 3',
    'holdfast_bus_unasked_total 4',
    'holdfast_bus_unanswered_total 12',
    'holdfast_bus_not_understood_total 5',
    'holdfast_bus_went_down_total 6',
    'holdfast_bus_dropped_total{reason="down"} 7',
    'holdfast_bus_dropped_total{reason="full"} 9',
    'holdfast_bus_dropped_total{reason="asks-full"} 10',
    'holdfast_bus_dropped_total{reason="failed"} 8',
    'holdfast_bus_dropped_total{reason="not-held"} 13',
    'holdfast_bus_up 0',
    'holdfast_bus_queued_bytes 23',
  ];
  expect([await shown(), await shown()]).toEqual([wanted, wanted]);
});

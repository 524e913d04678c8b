import { expect, it } from 'vitest';
import { Metrics } from '#libs/runtime';
import { EdgeMetrics } from './edge-metrics.js';

/** What Prometheus reads: names with their labels, and values. */
const read = async (metrics: Metrics): Promise<string[]> =>
  (await metrics.registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

it('shows what an edge counts under one name each', async () => {
  const metrics = new Metrics();
  const edge = new EdgeMetrics(metrics);
  Object.keys(edge.counts).forEach((name, at) => Object.assign(edge.counts, { [name]: at + 1 }));
  edge.commands.inc({ wire: 'native', result: 'ok' });
  edge.slowCloses.inc({ how: 'cut' });
  edge.refusedConnections.inc({ why: 'too-many' });
  edge.gauge('holdfast_edge_streams', 'Streams.', 'market', () => ({ spot: 3, other: 4 }));
  const lines = await read(metrics);
  expect(lines.filter((line) => !line.includes('_lag_seconds') && !line.endsWith(' 0'))).toEqual([
    'holdfast_edge_messages_total 1',
    'holdfast_edge_deliveries_total 2',
    'holdfast_edge_sent_bytes_total 3',
    'holdfast_edge_conflated_total 4',
    'holdfast_edge_held_back_total 5',
    'holdfast_edge_renditions_total 6',
    'holdfast_edge_discarded_total 7',
    'holdfast_edge_lost_total 8',
    'holdfast_edge_fetched_total 9',
    'holdfast_edge_unreadable_total 10',
    'holdfast_edge_broken_arrays_total 11',
    'holdfast_edge_fell_behind_total 12',
    'holdfast_edge_bridges_total 13',
    'holdfast_edge_silent_names_total 14',
    'holdfast_edge_ranges_asked_total 15',
    'holdfast_edge_ranges_shared_total 16',
    'holdfast_edge_commands_total{wire="native",result="ok"} 1',
    'holdfast_edge_slow_clients_closed_total{how="cut"} 1',
    'holdfast_edge_refused_connections_total{why="too-many"} 1',
    'holdfast_edge_streams{market="spot"} 3',
    'holdfast_edge_streams{market="other"} 4',
  ]);
});

it('starts every kind at 0: the first refusal of a kind is a rise', async () => {
  const metrics = new Metrics();
  void new EdgeMetrics(metrics);
  const lines = await read(metrics);
  for (const line of [
    'holdfast_edge_commands_total{wire="native",result="too-many-pings"} 0',
    'holdfast_edge_commands_total{wire="binance",result="bad-stream"} 0',
    'holdfast_edge_refused_connections_total{why="no-files"} 0',
    'holdfast_edge_refused_connections_total{why="going-away"} 0',
    'holdfast_edge_slow_clients_closed_total{how="unread"} 0',
  ])
    expect(lines).toContain(line);
});

it('tells a lag of half a millisecond from one of five, and one of a second from one of five', async () => {
  const metrics = new Metrics();
  const { lagSeconds } = new EdgeMetrics(metrics);
  for (const lag of [0.0005, 0.005, 1, 5]) lagSeconds.observe(lag);
  const buckets = (await read(metrics)).filter((line) => line.includes('_bucket'));
  expect(buckets.map((line) => Number(line.split(' ').at(-1)))).toEqual([1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 4, 4]);
});

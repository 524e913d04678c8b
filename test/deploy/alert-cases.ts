/** Series by name, each the notation of promtool: one value for each minute: `1+0x80` is 1 for 80 minutes, `0+2x80` rises by 2 in each. */
export type Series = Readonly<Record<string, string>>;

const STEADY = '+0x80';
const of = (instance: string, more = ''): string => `{namespace="n", installation="i", instance="${instance}"${more}}`;

/** Two upstreams, of which `up-a` publishes, and two edges, all well. */
export const HEALTHY: Series = {
  ...ofBoth(['up-a', 'up-b', 'edge-a', 'edge-b'], (instance) => ({
    [`holdfast_build_info${of(instance, ', version="1", commit="c"')}`]: `1${STEADY}`,
    [`holdfast_ready${of(instance)}`]: `1${STEADY}`,
    [`holdfast_bus_up${of(instance)}`]: `1${STEADY}`,
    [`holdfast_bus_dropped_total${of(instance, ', reason="full"')}`]: `0${STEADY}`,
    [`holdfast_bus_dropped_total${of(instance, ', reason="not-held"')}`]: '0+5x80',
    [`holdfast_bus_round_trip_seconds_bucket${of(instance, ', le="0.01"')}`]: '0+10x80',
    [`holdfast_bus_round_trip_seconds_bucket${of(instance, ', le="1"')}`]: '0+10x80',
    [`holdfast_bus_round_trip_seconds_bucket${of(instance, ', le="+Inf"')}`]: '0+10x80',
    [`process_start_time_seconds${of(instance)}`]: `1000${STEADY}`,
    [`nodejs_eventloop_lag_p99_seconds${of(instance)}`]: `0.02${STEADY}`,
  })),
  ...ofBoth(['up-a', 'up-b'], (instance) => ({
    [`holdfast_upstream_leading${of(instance)}`]: `${instance === 'up-a' ? 1 : 0}${STEADY}`,
    [`holdfast_upstream_frame_age_seconds${of(instance)}`]: `0${STEADY}`,
    // One that stands by publishes nothing.
    [`holdfast_upstream_publish_age_seconds${of(instance)}`]: instance === 'up-a' ? `0${STEADY}` : '0+15x80',
    [`holdfast_upstream_streams${of(instance, ', state="live"')}`]: `20${STEADY}`,
    [`holdfast_upstream_streams${of(instance, ', state="stale"')}`]: `0${STEADY}`,
    [`holdfast_upstream_streams${of(instance, ', state="refused"')}`]: `3${STEADY}`,
    [`holdfast_upstream_gaps_total${of(instance)}`]: `0${STEADY}`,
    [`holdfast_upstream_takeovers_total${of(instance, ', why="left"')}`]: '0+1x80',
    [`holdfast_upstream_takeovers_total${of(instance, ', why="silent"')}`]: `0${STEADY}`,
    [`holdfast_upstream_endings_total${of(instance, ', closed_by="us", cause="replaced"')}`]: '0+1x80',
    [`holdfast_upstream_endings_total${of(instance, ', closed_by="binance", cause="closed"')}`]: `0${STEADY}`,
    [`holdfast_upstream_attempts_left${of(instance)}`]: `298${STEADY}`,
    [`holdfast_upstream_rest_weight${of(instance, ', host="h"')}`]: `3000${STEADY}`,
    [`holdfast_upstream_rest_weight_limit${of(instance, ', host="h"')}`]: `6000${STEADY}`,
    [`holdfast_upstream_bad_frames_total${of(instance, ', code="bad-utf8"')}`]: `0${STEADY}`,
    [`holdfast_upstream_drift_total${of(instance)}`]: `0${STEADY}`,
  })),
  ...ofBoth(['edge-a', 'edge-b'], (instance) => ({
    [`holdfast_edge_hears_upstream${of(instance, ', market="spot"')}`]: `1${STEADY}`,
    [`holdfast_edge_lost_total${of(instance)}`]: `0${STEADY}`,
    [`holdfast_edge_lag_seconds_bucket${of(instance, ', le="0.01"')}`]: '0+10x80',
    [`holdfast_edge_lag_seconds_bucket${of(instance, ', le="5"')}`]: '0+10x80',
    [`holdfast_edge_lag_seconds_bucket${of(instance, ', le="+Inf"')}`]: '0+10x80',
    [`holdfast_edge_connections${of(instance, ', wire="native"')}`]: `4000${STEADY}`,
    [`holdfast_edge_connections${of(instance, ', wire="binance"')}`]: `4000${STEADY}`,
    [`holdfast_edge_connections_limit${of(instance, ', limit="taken"')}`]: `10000${STEADY}`,
    [`holdfast_edge_connections_limit${of(instance, ', limit="asked"')}`]: `10000${STEADY}`,
    [`holdfast_edge_refused_connections_total${of(instance, ', why="too-many"')}`]: `0${STEADY}`,
    [`holdfast_edge_refused_connections_total${of(instance, ', why="bad-request"')}`]: '0+5x80',
    [`holdfast_edge_slow_clients_closed_total${of(instance, ', how="told"')}`]: `0${STEADY}`,
  })),
};

/** What must happen to those who are well, by the alert that it sets off; undefined takes a series away. */
export const TROUBLES: Readonly<Record<string, Record<string, string | undefined>>> = {
  HoldfastNoUpstream: hearing('0', '0'),
  HoldfastNoFrames: { [`holdfast_upstream_frame_age_seconds${of('up-a')}`]: '0+15x80' },
  HoldfastNothingPublished: { [`holdfast_upstream_publish_age_seconds${of('up-a')}`]: '0+15x80' },
  HoldfastStreamsNotLive: { [`holdfast_upstream_streams${of('up-a', ', state="stale"')}`]: `4${STEADY}` },
  HoldfastGaps: { [`holdfast_upstream_gaps_total${of('up-a')}`]: '0+1x80' },
  HoldfastMessagesLost: { [`holdfast_edge_lost_total${of('edge-b')}`]: '0+1x80' },
  HoldfastLate: { [`holdfast_edge_lag_seconds_bucket${of('edge-b', ', le="0.01"')}`]: `0${STEADY}` },
  HoldfastNoLeader: leading('0', '0'),
  HoldfastSeveralLeaders: leading('1', '1'),
  HoldfastNoStandby: { [`holdfast_ready${of('up-b')}`]: `0${STEADY}` },
  HoldfastTakeovers: { [`holdfast_upstream_takeovers_total${of('up-a', ', why="silent"')}`]: '0x10 1x70' },
  HoldfastReconnects: {
    [`holdfast_upstream_endings_total${of('up-a', ', closed_by="binance", cause="closed"')}`]: '0+1x80',
  },
  HoldfastAttemptsLow: { [`holdfast_upstream_attempts_left${of('up-a')}`]: `10${STEADY}` },
  HoldfastRestWeight: { [`holdfast_upstream_rest_weight${of('up-b', ', host="h"')}`]: `5900${STEADY}` },
  HoldfastBadFrames: { [`holdfast_upstream_bad_frames_total${of('up-a', ', code="bad-utf8"')}`]: '0+2x80' },
  HoldfastDrift: { [`holdfast_upstream_drift_total${of('up-a')}`]: '0x10 1x70' },
  HoldfastBusDown: { [`holdfast_bus_up${of('edge-a')}`]: `0${STEADY}` },
  HoldfastBusSlow: { [`holdfast_bus_round_trip_seconds_bucket${of('edge-a', ', le="0.01"')}`]: `0${STEADY}` },
  HoldfastBusDropping: { [`holdfast_bus_dropped_total${of('up-a', ', reason="full"')}`]: '0+1x80' },
  HoldfastEdgeDeaf: hearing('1', '0'),
  HoldfastEdgeFull: { [`holdfast_edge_connections${of('edge-a', ', wire="native"')}`]: `5000${STEADY}` },
  HoldfastTurnsAway: {
    [`holdfast_edge_refused_connections_total${of('edge-a', ', why="too-many"')}`]: '0+1x80',
  },
  HoldfastFewFiles: { [`holdfast_edge_connections_limit${of('edge-a', ', limit="asked"')}`]: `20000${STEADY}` },
  HoldfastSlowClients: { [`holdfast_edge_slow_clients_closed_total${of('edge-a', ', how="told"')}`]: '0+2x80' },
  HoldfastGone: Object.fromEntries(Object.keys(HEALTHY).map((name) => [name, undefined])),
  HoldfastNotReady: { [`holdfast_ready${of('edge-a')}`]: `0${STEADY}` },
  HoldfastRestarts: { [`process_start_time_seconds${of('edge-a')}`]: '1000+15x80' },
  HoldfastStalls: { [`nodejs_eventloop_lag_p99_seconds${of('edge-a')}`]: `0.4${STEADY}` },
  HoldfastVersionsDiffer: {
    [`holdfast_build_info${of('edge-a', ', version="1", commit="c"')}`]: undefined,
    [`holdfast_build_info${of('edge-a', ', version="2", commit="d"')}`]: `1${STEADY}`,
  },
};

/** What sets off nothing, though it looks like it. */
export const HARMLESS: Readonly<Record<string, Record<string, string | undefined>>> = {
  'one that stands by announces gaps to nobody': { [`holdfast_upstream_gaps_total${of('up-b')}`]: '0+1x80' },
  'a lone upstream knows no lease': {
    ...Object.fromEntries(
      Object.keys(HEALTHY).map((name) => [name, name.includes('"up-b"') ? undefined : HEALTHY[name]]),
    ),
    [`holdfast_upstream_leading${of('up-a')}`]: undefined,
  },
  'nobody wants a stream': {
    ...streamsOf('up-a', '0'),
    ...streamsOf('up-b', '0'),
    [`holdfast_upstream_frame_age_seconds${of('up-a')}`]: '0+15x80',
    [`holdfast_upstream_publish_age_seconds${of('up-a')}`]: '0+15x80',
  },
};

function hearing(first: string, second: string): Record<string, string> {
  return {
    [`holdfast_edge_hears_upstream${of('edge-a', ', market="spot"')}`]: `${first}${STEADY}`,
    [`holdfast_edge_hears_upstream${of('edge-b', ', market="spot"')}`]: `${second}${STEADY}`,
  };
}

function leading(first: string, second: string): Record<string, string> {
  return {
    [`holdfast_upstream_leading${of('up-a')}`]: `${first}${STEADY}`,
    [`holdfast_upstream_leading${of('up-b')}`]: `${second}${STEADY}`,
  };
}

function streamsOf(instance: string, live: string): Record<string, string> {
  return { [`holdfast_upstream_streams${of(instance, ', state="live"')}`]: `${live}${STEADY}` };
}

function ofBoth(instances: readonly string[], seriesOf: (instance: string) => Series): Series {
  return Object.assign({}, ...instances.map(seriesOf)) as Series;
}

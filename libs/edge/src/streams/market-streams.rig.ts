import { spot } from '#libs/binance';
import { MemoryBus } from '#libs/bus';
import { HistoryShelf } from '#libs/core';
import { Metrics, silentLog } from '#libs/runtime';
import { Openings } from '../guard/openings.js';
import { EdgeMetrics } from '../metrics/edge-metrics.js';
import { MarketStreams, type SharedParts } from './market-streams.js';
import { Room } from './room.js';

/** Keeps what all streams say, so much of each; 0: nothing. */
export const newShelf = (streamBytes = 1_000_000): HistoryShelf =>
  new HistoryShelf({ streamBytes, totalBytes: 10_000_000, ageMs: 60_000 });

/** The streams of spot as an edge has them: what a test does not name keeps nothing, tells nobody and has room for all. */
export const newStreams = ({ clock, ...parts }: Partial<SharedParts> & Pick<SharedParts, 'clock'>): MarketStreams =>
  new MarketStreams(spot, {
    edge: 'e',
    bus: new MemoryBus({ clock }),
    clock,
    log: silentLog,
    metrics: new EdgeMetrics(new Metrics()),
    publish: () => undefined,
    room: new Room(1_000),
    openings: new Openings(clock, 1_000),
    lingerMs: 0,
    ownSnapshotMs: 0,
    shelf: newShelf(0),
    ...parts,
  });

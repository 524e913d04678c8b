import type { Backlogs } from './door/backlogs.js';
import type { ColdStarts } from './door/cold-starts.js';
import type { Pings } from './door/pings.js';
import type { Sessions } from './door/sessions.js';
import type { UwsServer } from './door/uws-adapter-server.js';
import type { Guard } from './guard/guard.js';
import type { Departures } from './leaving/departures.js';
import type { Draining } from './leaving/draining.js';
import type { EdgeMetrics } from './metrics/edge-metrics.js';
import type { RestDesk } from './rest/rest-desk.js';
import type { MarketStreams } from './streams/market-streams.js';

/** The parts of an edge. */
export interface EdgeParts {
  server: UwsServer;
  guard: Guard;
  sessions: Sessions;
  coldStarts: ColdStarts;
  pings: Pings;
  backlogs: Backlogs;
  draining: Draining;
  departures: Departures;
  rest: RestDesk;
  markets: readonly MarketStreams[];
  metrics: EdgeMetrics;
}

import type { EdgeSettings, Ops, Service } from '#libs/runtime';
import type { EdgeMetrics } from './edge-metrics.js';
import type { Sessions } from './sessions.js';
import type { DemandBook } from './streams/demand-book.js';
import type { UpstreamWatch } from './streams/upstream-watch.js';
import type { UwsAdapter } from './uws-adapter.js';

/** The parts of an edge. */
export interface EdgeParts {
  adapter: UwsAdapter;
  sessions: Sessions;
  demand: DemandBook;
  watch: UpstreamWatch;
  metrics: EdgeMetrics;
}

/** The role that serves clients: started after the bus, stopped before it. */
export class Edge implements Service {
  readonly name = 'edge';
  private port: number | undefined;
  private stopping: Promise<void> | undefined;

  constructor(
    private readonly settings: Readonly<EdgeSettings>,
    private readonly parts: EdgeParts,
    ops: Ops,
  ) {
    const { sessions, demand, watch, metrics } = parts;
    ops.status('clients', () => sessions.status());
    ops.status('upstream heard', () => watch.status);
    ops.status('served', () => this.streams());
    ops.status('messages', () => ({ ...metrics.counts }));
    ops.ready('edge', () => (this.port === undefined ? 'does not listen' : undefined));
    ops.ready('upstream heard', () => watch.trouble);
    metrics.gauge('holdfast_edge_streams', 'Streams that clients of this edge want.', () => demand.streams.length);
    metrics.gauge('holdfast_edge_hears_upstream', '1 while this edge hears an upstream.', () =>
      watch.trouble ? 0 : 1,
    );
  }

  /** Base URL for clients, with the port that was really taken. */
  get url(): string {
    const { host } = this.settings;
    return `ws://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${this.port ?? 0}`;
  }

  async start(): Promise<void> {
    const { demand, watch, sessions, adapter } = this.parts;
    demand.start();
    watch.start();
    sessions.start();
    this.port = await adapter.listen();
  }

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    const { demand, watch, sessions, adapter } = this.parts;
    this.port = undefined;
    adapter.stopListening();
    await sessions.closeAll();
    watch.stop();
    demand.stop();
    adapter.close();
  }

  private streams(): unknown[] {
    return this.parts.demand.streams.map((stream) => ({
      stream: stream.name,
      clients: stream.clients,
      ...stream.place,
      state: stateOf(stream),
    }));
  }
}

function stateOf({ edgeFeed, feed }: { edgeFeed: { state: string } | undefined; feed: string | undefined }): string {
  if (edgeFeed) return edgeFeed.state;
  return /"state":"([a-z]+)"/.exec(feed ?? '')?.[1] ?? 'not heard of yet';
}

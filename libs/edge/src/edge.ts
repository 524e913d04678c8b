import type { EdgeSettings, Ops, Service } from '#libs/runtime';
import { showEdge } from './edge-pages.js';
import type { EdgeParts } from './edge-parts.js';

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
    ops.ready('edge', () => (this.port === undefined ? 'does not listen' : undefined));
    if (!settings.readyNeedsData) ops.serves();
    showEdge(parts, ops);
  }

  /** Base URL for clients, with the port that was really taken. */
  get url(): string {
    const { host } = this.settings;
    return `${this.parts.server.listener.scheme}://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${this.port ?? 0}`;
  }

  async start(): Promise<void> {
    const { markets, pings, backlogs, server, guard, sessions } = this.parts;
    for (const streams of markets) streams.start();
    guard.start(() => sessions.all);
    pings.start();
    backlogs.start();
    this.port = await server.listen();
  }

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    const { markets, pings, backlogs, sessions, coldStarts, rest, server, guard } = this.parts;
    this.port = undefined;
    server.stopListening();
    guard.stop();
    coldStarts.stop();
    pings.stop();
    await sessions.closeAll();
    backlogs.stop();
    for (const streams of markets) streams.stop();
    await rest.stop();
    server.close();
  }
}

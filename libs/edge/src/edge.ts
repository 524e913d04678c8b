import type { Millis } from '#libs/core';
import type { EdgeSettings, Ops, Service } from '#libs/runtime';
import { showEdge } from './edge-pages.js';
import type { EdgeParts } from './edge-parts.js';
import { GOING_AWAY } from './leaving/draining.js';
import { warmUp } from './warm-up.js';

/** The role that serves clients: started after the bus, stopped before it. */
export class Edge implements Service {
  readonly name = 'edge';
  private port: number | undefined;
  private isLeaving = false;
  private draining: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;

  constructor(
    private readonly settings: Readonly<EdgeSettings>,
    private readonly parts: EdgeParts,
    ops: Ops,
  ) {
    ops.ready('edge', () => (this.isLeaving ? 'goes away' : this.port === undefined ? 'does not listen' : undefined));
    if (!settings.readyNeedsData) ops.serves();
    ops.command('drain', {
      says: 'Asks all clients, one after the other, to connect elsewhere, and lets nobody new in. The process goes on without clients until it is ended.',
      run: () => {
        void this.drain();
        return Promise.resolve({ draining: parts.sessions.size });
      },
    });
    showEdge(parts, ops);
  }

  /** Base URL for clients, with the port that was really taken. */
  get url(): string {
    const { host } = this.settings;
    return `${this.parts.server.listener.scheme}://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${this.port ?? 0}`;
  }

  warmUp(forMs: Millis): Promise<void> {
    return warmUp(
      this.parts.markets.map(({ market }) => market),
      forMs,
    );
  }

  /** Where a browser shows streams; absent where there is no such page. */
  get pageUrl(): string | undefined {
    return this.settings.watchPage ? `${this.url.replace(/^ws/, 'http')}/` : undefined;
  }

  async start(): Promise<void> {
    const { markets, pings, backlogs, server, guard, sessions } = this.parts;
    for (const streams of markets) streams.start();
    guard.start(() => sessions.all);
    pings.start();
    backlogs.start();
    this.port = await server.listen();
  }

  /** Lets clients go elsewhere while they are served as ever. Nobody new comes in once the balancer has had its time. */
  drain(): Promise<void> {
    const { draining, coldStarts, server } = this.parts;
    this.isLeaving = true;
    this.draining ??= draining.drain(() => {
      server.turnsAway = GOING_AWAY;
      coldStarts.stop();
    });
    return this.draining;
  }

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    const { markets, pings, backlogs, draining, coldStarts, rest, server, guard } = this.parts;
    this.port = undefined;
    server.stopListening();
    guard.stop();
    coldStarts.stop();
    pings.stop();
    await draining.closeAll();
    backlogs.stop();
    for (const streams of markets) streams.stop();
    await rest.stop();
    server.close();
  }
}

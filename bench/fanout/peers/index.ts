import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { NCHAN } from './nchan-module.js';
import type { Peer } from './peer.js';

/** Imports only the peer that is wanted, so that no server carries another one's code. */
const PEERS: Record<string, () => Promise<Peer>> = {
  uws: async () => new (await import('./uws-peer.js')).UwsPeer(),
  edge: async () => new (await import('./edge-peer.js')).EdgePeer(),
  'edge-20ms': async () => new (await import('./edge-peer.js')).EdgePeer({ flushMs: 20 }),
  /** With so small a bound for slow clients that it is reached within seconds. */
  'tight-edge': async () => new (await import('./edge-peer.js')).EdgePeer({ maxClientBacklogBytes: 524_288 }),
  /** For as many connections as the system lets it have. */
  'edge-wide': async () => new (await import('./edge-peer.js')).EdgePeer({ maxConnections: 100_000 }),
  nest: async () => new (await import('./nest-peer.js')).NestPeer(),
  ws: async () => new (await import('./ws-peer.js')).WsPeer(),
  'socket.io': async () => new (await import('./socketio-peer.js')).SocketIoPeer(),
  nats: async () => new (await import('./nats-peer.js')).NatsPeer(),
  nchan: async () => new (await import('./nchan-peer.js')).NchanPeer(),
};

/** Programs that are no packages of npm. */
const NEEDS: Record<string, { isThere(): boolean; install: string }> = {
  nats: { isThere: () => isProgram('nats-server'), install: 'apt-get install nats-server' },
  nchan: {
    isThere: () => isProgram('nginx') && existsSync(NCHAN),
    install: 'apt-get install nginx libnginx-mod-nchan',
  },
};

const isProgram = (name: string): boolean => spawnSync(name, ['-v'], { stdio: 'ignore' }).error === undefined;

/** Why a peer cannot take part here, and what to do about it; undefined where it can. */
export function whyAbsent(name: string): string | undefined {
  const needs = NEEDS[name];
  return needs === undefined || needs.isThere() ? undefined : `it is not installed (Debian: ${needs.install})`;
}

/** A peer by its name; rejects for a name nobody has. */
export async function makePeer(name: string): Promise<Peer> {
  const make = PEERS[name];
  if (!make) throw new Error(`No peer is called ${JSON.stringify(name)}; there are ${Object.keys(PEERS).join(', ')}`);
  return make();
}

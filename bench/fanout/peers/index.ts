import type { Peer } from './peer.js';

/** Imports only the peer that is wanted, so that no server carries another one's code. */
const PEERS: Record<string, () => Promise<Peer>> = {
  uws: async () => new (await import('./uws-peer.js')).UwsPeer(),
  edge: async () => new (await import('./edge-peer.js')).EdgePeer(),
  /** With so small a bound for slow clients that it is reached within seconds. */
  'tight-edge': async () => new (await import('./edge-peer.js')).EdgePeer({ maxClientBacklogBytes: 524_288 }),
  nest: async () => new (await import('./nest-peer.js')).NestPeer(),
};

/** Every server that takes part, in the order in which they take turns. */
export const PEER_NAMES = Object.keys(PEERS);

/** A peer by its name; rejects for a name nobody has. */
export async function makePeer(name: string): Promise<Peer> {
  const make = PEERS[name];
  if (!make) throw new Error(`No peer is called ${JSON.stringify(name)}; there are ${PEER_NAMES.join(', ')}`);
  return make();
}

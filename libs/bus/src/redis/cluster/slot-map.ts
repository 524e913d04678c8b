import type { RedisHost } from '#libs/runtime';

/** A node of a cluster. */
export interface ClusterNode extends RedisHost {
  /** Stays the same wherever it runs, and whatever it is. */
  id: string;
}

/** Which master has which slots, as one node saw it. */
export interface SlotMap {
  /** Rises with every failover, and with every slot that moves. */
  epoch: number;
  /** Whether the node that was asked takes the cluster for whole. */
  isWell: boolean;
  /** Those that have slots. */
  masters: readonly ClusterNode[];
  /** These and their replicas. */
  nodes: readonly ClusterNode[];
  /** The master of each slot, by the slot's number. */
  bySlot: readonly (ClusterNode | undefined)[];
}

export const SLOTS = 16_384;

/**
 * Reads the answers to CLUSTER SLOTS and CLUSTER INFO; undefined where they are none. SLOTS is preferred to SHARDS, which has the
 * same and more: every server has it.
 *
 * @param asked who was asked: a node that does not know its own host leaves it out.
 * @see https://redis.io/docs/latest/commands/cluster-slots/
 */
export function readSlotMap(slots: unknown, info: unknown, asked: RedisHost): SlotMap | undefined {
  if (!Array.isArray(slots) || typeof info !== 'string') return undefined;
  const epoch = Number(/^cluster_current_epoch:(\d+)/m.exec(info)?.[1]);
  if (Number.isNaN(epoch)) return undefined;
  const masters = new Map<string, ClusterNode>();
  const nodes = new Map<string, ClusterNode>();
  const bySlot = Array.from<ClusterNode | undefined>({ length: SLOTS });
  for (const range of slots as unknown[]) {
    if (!Array.isArray(range)) return undefined;
    const [from, to, ...all] = range as unknown[];
    const [master, ...replicas] = all.map((node) => readNode(node, asked));
    if (!master) return undefined;
    const known = masters.get(master.id) ?? master;
    masters.set(master.id, known);
    for (const node of [known, ...replicas]) if (node) nodes.set(node.id, node);
    for (let slot = Number(from); slot <= Number(to) && slot < SLOTS; slot += 1) bySlot[slot] = known;
  }
  const isWell = /^cluster_state:ok/m.test(info);
  return { epoch, isWell, masters: [...masters.values()], nodes: [...nodes.values()], bySlot };
}

function readNode(node: unknown, asked: RedisHost): ClusterNode | undefined {
  const [host, port, id] = Array.isArray(node) ? (node as unknown[]) : [];
  if (typeof id !== 'string') return undefined;
  const isSaid = typeof host === 'string' && host !== '' && host !== '?';
  return { host: isSaid ? host : asked.host, port: Number(port), id };
}

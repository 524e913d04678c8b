import type { Cancel, Millis, Topic } from '#libs/core';
import type { Lanes } from '../pubsub/carrier.js';
import { Complaints } from '../pubsub/complaints.js';
import { type RedisAddressee, connectTo, credentialsOf, describeAddress, redisWith } from '../pubsub/connection.js';
import { Lane, connectionsOf } from '../pubsub/lane.js';
import type { CarrierParts } from '../pubsub/one-redis.js';
import type { RedisNames } from '../pubsub/redis-names.js';
import { clusterNames, slotOf, tagIn } from './cluster-names.js';
import type { ClusterNode, SlotMap } from './slot-map.js';

/** A node that hangs may be one that was replaced for it. */
const ANSWER_WITHIN_MS: Millis = 1_000;

/** So many topics at most are remembered with the lane on which they are. */
const MOST_REMEMBERED = 50_000;

interface ShardsParts extends CarrierParts {
  /** Told when a shard says that something is not its own any more. */
  moved: () => void;
  /** Told when the state of a shard changes. */
  changed: (lane: Lane) => void;
  /** Told when some channels of a shard stand. */
  settled: () => void;
}

interface Shard {
  node: ClusterNode;
  lane: Lane;
  /** Where channels of the lane's own are. */
  tagSlot: number;
}

type ConnectionListener = (lane: Lane, isThere: boolean) => void;

/** The lanes to the shards of a cluster: one to each master that has slots. */
export class Shards implements Lanes {
  readonly names: RedisNames & { homeSlot: number };
  private readonly byNode = new Map<string, Shard>();
  private map: SlotMap | undefined;
  private readonly byTopic = new Map<Topic, Lane | undefined>();
  private readonly listeners = new Set<ConnectionListener>();
  private readonly nowhere: Lane;

  constructor(
    private readonly addressee: RedisAddressee,
    private readonly parts: ShardsParts,
  ) {
    this.names = clusterNames(parts.prefix);
    this.nowhere = this.laneTo({ ...addressee.hosts[0], id: '' }, '');
    this.nowhere.end();
  }

  get all(): readonly Lane[] {
    return [...this.byNode.values()].map(({ lane }) => lane);
  }

  get home(): Lane {
    return this.at(this.names.homeSlot) ?? this.nowhere;
  }

  of(topic: Topic): Lane | undefined {
    if (this.byTopic.has(topic)) return this.byTopic.get(topic);
    if (this.byTopic.size >= MOST_REMEMBERED) this.byTopic.clear();
    const lane = this.at(slotOf(this.names.channel(topic)));
    this.byTopic.set(topic, lane);
    return lane;
  }

  onConnection(listener: ConnectionListener): Cancel {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Takes a map. Returns the lanes that lead to no master any more, or from which the slot of their own channels has gone, and those
   * that are new; undefined where nothing has changed.
   */
  take(map: SlotMap): { ended: Lane[]; begun: Lane[] } | undefined {
    if (this.map && isSame(this.map, map)) return undefined;
    this.map = map;
    this.byTopic.clear();
    const ended = [...this.byNode.values()].filter((shard) => !isAsIn(map, shard));
    for (const { node } of ended) this.byNode.delete(node.id);
    const missing = map.masters.filter(({ id }) => !this.byNode.has(id));
    const begun = missing.map((node) => this.shardOf(node, map));
    for (const shard of begun) this.byNode.set(shard.node.id, shard);
    return { ended: ended.map(({ lane }) => lane), begun: begun.map(({ lane }) => lane) };
  }

  async kill(name: string, order: readonly string[]): Promise<void> {
    const redis = this.byNode.get(name)?.lane.parts.publishing.redis;
    if (redis?.status === 'ready') {
      await redis.call('CLIENT', 'KILL', ...order);
      return;
    }
    // One that is no master any more may still carry to those who are at it. Others are away, or belong to the cluster no more.
    const node = this.map?.nodes.find(({ id }) => id === name);
    if (!node) throw new Error(`Nobody knows where the node ${name} of the cluster is`);
    await this.killOver(node, order);
  }

  private at(slot: number): Lane | undefined {
    const node = this.map?.bySlot[slot];
    return node && this.byNode.get(node.id)?.lane;
  }

  private async killOver({ host, port }: ClusterNode, order: readonly string[]): Promise<void> {
    const redis = redisWith({
      host,
      port,
      ...credentialsOf(this.addressee),
      retryStrategy: () => null,
      commandTimeout: ANSWER_WITHIN_MS,
    });
    let isThere = true;
    redis.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') isThere = false;
    });
    try {
      await redis.connect();
      await redis.call('CLIENT', 'KILL', ...order);
    } catch (error) {
      // What is not running has no connections.
      if (isThere) throw error;
    } finally {
      redis.disconnect();
    }
  }

  private shardOf(node: ClusterNode, map: SlotMap): Shard {
    const slots = new Set([...map.bySlot.keys()].filter((slot) => map.bySlot[slot] === node));
    const tag = tagIn(slots);
    const lane = this.laneTo(node, tag);
    const { changed } = this.parts;
    lane.onState(() => changed(lane));
    connectionsOf(lane, (one, isThere) => {
      for (const listener of this.listeners) listener(one, isThere);
    });
    return { node, lane, tagSlot: slotOf(tag) };
  }

  private laneTo({ host, port, id }: ClusterNode, tag: string): Lane {
    const { subscribers, queueBytes, flushMs, moved, settled, log, ...parts } = this.parts;
    const addressee: RedisAddressee = { ...this.addressee, hosts: [{ host, port }], isCluster: false };
    const address = describeAddress(addressee);
    return new Lane(
      { name: id, tag, isShard: true, names: this.names, queueBytes, flushMs, moved, settled },
      {
        ...parts,
        log,
        complaints: new Complaints(log, address),
        publishing: connectTo(addressee, 'holdfast-publisher'),
        subscribing: connectTo(addressee, 'holdfast-subscriber'),
        address,
        hasPassword: addressee.password !== undefined,
      },
      subscribers,
    );
  }
}

const isSameNode = (one: ClusterNode | undefined, other: ClusterNode | undefined): boolean =>
  one?.id === other?.id && one?.host === other?.host && one?.port === other?.port;

const isSame = (one: SlotMap, other: SlotMap): boolean =>
  one.nodes.length === other.nodes.length &&
  other.nodes.every((node) => one.nodes.some((before) => isSameNode(before, node))) &&
  one.bySlot.every((node, slot) => isSameNode(node, other.bySlot[slot]));

/** Whether the shard's node is a master where it was, and has the slot of its lane's own channels. */
const isAsIn = ({ bySlot }: SlotMap, { node, tagSlot }: Shard): boolean => isSameNode(bySlot[tagSlot], node);

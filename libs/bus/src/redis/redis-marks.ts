import type { Topic } from '#libs/core';
import type { Marks } from '../ports/marks.js';
import type { RedisRecords } from './pubsub/redis-names.js';
import { inChunks } from './pubsub/in-chunks.js';
import type { Persistence } from './persistence.js';

/** HSET and HDEL take many fields; very long commands would hold up the connection. */
const FIELDS_PER_COMMAND = 500;

/** What has not reached Redis yet, by name; undefined where the mark is to be forgotten. Newer ones replace older ones. */
type Changes = Map<string, string | undefined>;

interface Keeping {
  next: Changes;
  /** Over when what is on its way has arrived. Never rejects. */
  sending: Promise<void>;
  /** The same for what is gathered in `next`; absent while that is empty. */
  gathered: Promise<void> | undefined;
  /** Counts how often what had not arrived was given up. */
  run: number;
}

/**
 * Marks as one hash per key. Changes that come while others are on their way are gathered, so what waits for an absent
 * Redis is at most one text per name, and an older text never replaces a newer one.
 */
export class RedisMarks implements Marks {
  private readonly byKey = new Map<Topic, Keeping>();

  constructor(
    private readonly records: RedisRecords,
    private readonly persistence: Persistence,
  ) {}

  write(key: Topic, marks: ReadonlyMap<string, string>): Promise<void> {
    return this.change(key, [...marks]);
  }

  forget(key: Topic, names: readonly string[]): Promise<void> {
    return this.change(
      key,
      names.map((name) => [name, undefined]),
    );
  }

  async read(key: Topic): Promise<ReadonlyMap<string, string>> {
    const keeping = this.byKey.get(key);
    await (keeping?.gathered ?? keeping?.sending);
    const marks = await this.persistence.until(() => this.records.redis.hgetall(this.records.key(key)));
    return new Map(Object.entries(marks));
  }

  abandon(key: Topic): void {
    const keeping = this.byKey.get(key);
    if (!keeping) return;
    keeping.next.clear();
    keeping.run += 1;
  }

  /** Over when nothing is on its way any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.byKey.values()].map(({ gathered, sending }) => gathered ?? sending));
  }

  private change(key: Topic, changes: [string, string | undefined][]): Promise<void> {
    const keeping = this.byKey.get(key) ?? { next: new Map(), sending: Promise.resolve(), gathered: undefined, run: 0 };
    this.byKey.set(key, keeping);
    for (const [name, mark] of changes) keeping.next.set(name, mark);
    keeping.gathered ??= keeping.sending.then(() => this.send(key, keeping));
    return keeping.gathered;
  }

  private send(key: Topic, keeping: Keeping): Promise<void> {
    const changes = [...keeping.next];
    keeping.next = new Map();
    keeping.gathered = undefined;
    const replaced = changes.flatMap(([name, mark]) => (mark === undefined ? [] : [[name, mark] as const]));
    const forgotten = changes.flatMap(([name, mark]) => (mark === undefined ? [name] : []));
    const { run } = keeping;
    const act = async (): Promise<void> => {
      if (run !== keeping.run) return;
      const { redis } = this.records;
      const name = this.records.key(key);
      const sets = inChunks(replaced, FIELDS_PER_COMMAND).map((some) => redis.hset(name, ...some.flat()));
      const deletions = inChunks(forgotten, FIELDS_PER_COMMAND).map((some) => redis.hdel(name, ...some));
      await Promise.all([...sets, ...deletions]);
    };
    // It rejects only when the bus stops, and then there is nobody left to keep them.
    keeping.sending = this.persistence.until(act).catch(() => undefined);
    return keeping.sending;
  }
}

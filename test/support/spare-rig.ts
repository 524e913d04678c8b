import { spot } from '#libs/binance';
import { type StreamEvent, type StreamName, decode } from '#libs/core';
import type { SimConnection } from '#libs/simulator';
import { until } from './until.js';
import { type RigOptions, UpstreamRig } from './upstream-rig.js';

/** What is tested is not how many drops Binance allows. */
const ATTEMPTS = 100_000;

const QUICK = { lagMs: 100, settleMs: 1_100, rotationRetryMs: 50, rotationMs: 2_000, tickMs: 20 };

/** Ways in which a connection ends: cut off, in the middle of a frame, with a goodbye. */
const DROPS: readonly ((peer: SimConnection) => void)[] = [
  (peer) => peer.cut(Buffer.alloc(0), 'reset'),
  (peer) => peer.cut(Buffer.from([0x81, 0x7e, 0x01, 0x00, 0x7b, 0x22])),
  (peer) => peer.close(1000, '', 'incident'),
];

/** An upstream with a spare line, both lines whole, and the means to cut either. */
export class SpareRig {
  private constructor(
    readonly rig: UpstreamRig,
    readonly streams: readonly StreamName[],
  ) {}

  static async flowing(streams: readonly StreamName[], options: RigOptions = {}): Promise<SpareRig> {
    const { limits } = spot;
    const upstream = await UpstreamRig.start({
      market: { ...spot, limits: { ...limits, attempts: { ...limits.attempts, most: ATTEMPTS } } },
      ...options,
      simulator: { pace: 30, limits: { attempts: ATTEMPTS }, ...options.simulator },
      timings: { ...QUICK, ...options.timings },
      settings: { spareLine: true, retryFirstMs: 10, ...options.settings },
    });
    const rig = new SpareRig(upstream, streams);
    upstream.demand(streams);
    await rig.live();
    await rig.bothUp();
    return rig;
  }

  get slot() {
    const [slot] = this.rig.upstream.pool.all;
    if (!slot) throw new Error('nothing is carried');
    return slot;
  }

  get spare() {
    return this.rig.upstream.pool.spares.of(this.slot);
  }

  get counts() {
    return this.rig.upstream.pool.spares.counts;
  }

  get isKeeping(): boolean {
    return this.spare?.view.state === 'keeping';
  }

  live(): Promise<unknown> {
    return until(() => this.streams.every((stream) => this.rig.on(stream).state === 'live'), { deadlineMs: 15_000 });
  }

  /** Both lines are whole, and the spare one only keeps. */
  bothUp(): Promise<unknown> {
    const isWhole = (): unknown =>
      this.slot.line?.connection?.isSynced && this.spare?.view.line?.connection?.isSynced && this.isKeeping;
    return until(() => isWhole(), { deadlineMs: 15_000, what: 'both lines whole' });
  }

  /** Books are fetched when streams begin, as deep as they are to be; until then there are REST requests that no drop has caused. */
  booksKnown(): Promise<unknown> {
    const { upstream, settings } = this.rig;
    const isKnown = (): boolean =>
      [...upstream.books.all].every(
        ({ keeper: { known, fetched }, measured: { depth } }) =>
          known.isKnown && (depth === Infinity || fetched.levels >= settings.bookLevels),
      );
    return until(isKnown, { deadlineMs: 15_000, what: 'all books known' });
  }

  /** Ends the slot's own line: every fifth time as soon as it is there, otherwise once it has brought something. */
  async dropOwn(way = 1): Promise<void> {
    if (way % 5 !== 0) await until(() => this.slot.line?.connection?.dataAt, { what: 'data on a line of its own' });
    const peer = await until(() => this.peerOf(this.slot.line?.generation), {
      what: 'a line of its own',
      deadlineMs: 10_000,
    });
    DROPS[way % DROPS.length]?.(peer);
  }

  /** Ends the spare line, once it has brought something. */
  async dropSpare(way = 0): Promise<void> {
    await until(() => this.spare?.view.line?.connection?.dataAt);
    const peer = await until(() => this.peerOf(this.spare?.view.line?.generation), { what: 'a spare line' });
    DROPS[way % DROPS.length]?.(peer);
  }

  /** Waits for so many more events. */
  async more(count: number, stream = this.streams[0] ?? ''): Promise<void> {
    const upTo = this.rig.on(stream).events + count;
    await until(() => this.rig.on(stream).events >= upTo, { what: `${count} more of ${stream}` });
  }

  /** Everything that is said of a stream from now on. */
  listen(stream: StreamName): StreamEvent[] {
    const events: StreamEvent[] = [];
    this.rig.bus.messages.subscribe(spot.channels.stream(stream), (text) => {
      const event = decode(text);
      if (event.ok) events.push(event.value);
    });
    return events;
  }

  /** How many REST requests the simulator has had. */
  async requests(): Promise<unknown> {
    const state: unknown = await (await fetch(`${this.rig.simulator.controlUrl}/state`)).json();
    return Reflect.get(Object(Reflect.get(Object(state), 'rest')), 'requests');
  }

  /** The simulator's end of a line. */
  peerOf(generation: number | undefined): SimConnection | undefined {
    const from = this.rig.upstream.journal.read().findLast((record) => record.generation === generation)?.from;
    const port = Number(from?.split(':').at(-1));
    return this.rig.simulator.connections.find(
      ({ isOpen, socket }) => isOpen && Reflect.get(socket, 'remotePort') === port,
    );
  }
}

import { type Market, spot } from '#libs/binance';
import type { Bus } from '#libs/bus';
import type { Clock } from '#libs/core';
import type { Dial, Socket } from '#libs/link';
import { Metrics, Ops, UpstreamSettings, systemClock } from '#libs/runtime';
import { TIMINGS, type Timings, Upstream, wsDial } from '#libs/upstream';
import { upstreamParts } from './upstream-parts.js';

export interface MortalOptions {
  settings: Partial<UpstreamSettings>;
  market?: Market;
  timings?: Partial<Timings>;
  /** Whether a message of Binance reaches it. */
  hears?: (bytes: Uint8Array) => boolean;
}

/** One of several upstreams on one bus in this process. It can die as a process does: from one moment on it does, says and hears nothing. */
export class MortalUpstream {
  readonly ops = new Ops();
  readonly metrics = new Metrics();
  readonly upstream: Upstream;
  isDead = false;
  /** Whether what its lines bring is lost. */
  isDeaf = false;
  private readonly sockets = new Set<Socket>();

  constructor(
    bus: Bus,
    private readonly options: MortalOptions,
  ) {
    const settings = Object.assign(
      new UpstreamSettings(),
      { standby: true, leaseMs: 500, retryFirstMs: 50, symbolsEveryMs: 0 },
      options.settings,
    );
    this.upstream = new Upstream(settings, {
      ...upstreamParts(),
      market: options.market ?? spot,
      bus: this.mortalBus(bus),
      clock: this.mortalClock(),
      dial: this.mortalDial(wsDial(systemClock, settings)),
      metrics: this.metrics,
      ops: this.ops,
      timings: { ...TIMINGS, ...options.timings },
    });
  }

  get role(): unknown {
    return Reflect.get(Object(Reflect.get(this.ops.readStatus(), 'term')), 'role');
  }

  /** Whether it stands by, and knows of every stream how far it is. */
  get isWhole(): boolean {
    const term: unknown = Reflect.get(this.ops.readStatus(), 'term');
    return this.role === 'following' && Reflect.get(Object(term), 'unsure') === 0 && !this.ops.readTroubles()['term'];
  }

  /** What its metrics say of this one, its name and labels as Prometheus reads them. */
  async metric(line: string): Promise<number> {
    const text = await this.metrics.registry.metrics();
    return Number(
      text
        .split('\n')
        .find((one) => one.startsWith(`${line} `))
        ?.split(' ')
        .at(-1),
    );
  }

  kill(): void {
    this.isDead = true;
    for (const socket of this.sockets) socket.terminate();
  }

  /** Ends its connections, again and again if it is called so. */
  drop(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  /** Of one that is dead there is nothing left to be stopped. */
  async stop(): Promise<void> {
    if (!this.isDead) await this.upstream.stop();
  }

  private mortalBus(bus: Bus): Bus {
    const alive = (): boolean => !this.isDead;
    const messages: Bus['messages'] = {
      get state() {
        return bus.messages.state;
      },
      publish: (topic, text) => void (alive() && bus.messages.publish(topic, text)),
      subscribe: (topic, deliver) => bus.messages.subscribe(topic, (text) => void (alive() && deliver(text))),
      onState: (listener) => bus.messages.onState(listener),
    };
    const ask: Bus['ask'] = {
      ask: (topic, question, ms, answered) =>
        bus.ask.ask(topic, question, ms, (answer) => void (alive() && answered(answer))),
      partOf: (topic) => bus.ask.partOf(topic),
      answer: (topic, respond) => bus.ask.answer(topic, (question) => (alive() ? respond(question) : undefined)),
    };
    return Object.create(bus, { messages: { value: messages }, ask: { value: ask } }) as Bus;
  }

  private mortalClock(): Clock {
    return {
      now: () => systemClock.now(),
      wallAt: (instant) => systemClock.wallAt(instant),
      after: (ms, act) => systemClock.after(ms, () => void (!this.isDead && act())),
    };
  }

  private mortalDial(dial: Dial): Dial {
    return (url, events) => {
      const socket = dial(url, {
        ...events,
        message: (bytes, isBinary) => {
          const isHeard = !this.isDead && !this.isDeaf && (this.options.hears?.(bytes) ?? true);
          if (isHeard) events.message(bytes, isBinary);
        },
        closed: (end) => {
          this.sockets.delete(socket);
          if (!this.isDead) events.closed(end);
        },
      });
      this.sockets.add(socket);
      return socket;
    };
  }
}

import { HoldfastClient } from '#libs/client';
import type { StreamEvent, StreamName } from '#libs/core';
import { Ledger } from '../audit/ledger.js';
import { StrictCheck } from '../audit/strict/strict-check.js';
import type { Onlooker, Watcher } from './watcher.js';

/** A client of the native protocol, by the SDK. A connection that is lost is entered as such before the SDK mends it. */
export class NativeWatcher implements Watcher {
  readonly protocol = 'native';
  readonly ledger = new Ledger();
  messages = 0;
  lost: string | undefined;
  readonly check: StrictCheck | undefined;
  private readonly client: HoldfastClient;

  constructor(
    readonly name: string,
    url: string,
    readonly streams: readonly StreamName[],
    private readonly onlooker: Onlooker = {},
  ) {
    this.check = onlooker.truth && new StrictCheck(name, onlooker.truth);
    this.client = new HoldfastClient({
      url,
      connection: (change) => {
        if (change.state === 'lost' || change.state === 'closed') this.disconnected(change.ending);
      },
    });
  }

  async start(): Promise<void> {
    const started = this.streams.map((stream) => this.watch(stream));
    this.client.start();
    await Promise.all(started);
  }

  async stop(): Promise<void> {
    this.disconnected = () => undefined;
    await this.client.stop();
  }

  private watch(stream: StreamName): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.subscribe(stream, {
        started: ({ place }) => {
          this.ledger.welcome(stream, place);
          resolve();
        },
        refused: reject,
        event: (event) => {
          this.messages += 1;
          this.enter(event);
          this.onlooker.event?.(event);
        },
        book: (event) => this.enter(event),
        unknown: (event) => this.enter(event),
        feed: (event) => {
          this.enter(event);
          this.onlooker.feed?.(event);
        },
      });
    });
  }

  private enter(event: StreamEvent): void {
    this.ledger.event(event);
    this.check?.event(event);
  }

  private disconnected = ({ code, reason }: { code?: number; reason?: string }): void => {
    this.ledger.disconnects += 1;
    this.lost = `${code ?? ''} ${reason ?? ''}`.trim();
  };
}

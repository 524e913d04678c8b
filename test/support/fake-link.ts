import type { Millis, Random } from '#libs/core';
import { type Dial, type Ending, LinkDriver, type RetryPolicy, type Socket, type SocketEvents } from '#libs/link';
import { FakeClock } from './fake-clock.js';

/** A socket that does only what the test says. */
export class FakeSocket implements Socket {
  readonly did: string[] = [];

  constructor(readonly events: SocketEvents) {}

  send(text: string): void {
    this.did.push(`send ${text}`);
  }

  close(code: number): void {
    this.did.push(`close ${code}`);
  }

  terminate(): void {
    this.did.push('terminate');
  }
}

export interface FakeLinkOptions {
  policy: RetryPolicy;
  random?: Random;
  permit?: () => Promise<Millis>;
}

/** A link whose world is the test: its clock stands still, its dialling makes sockets that say nothing of themselves. */
export class FakeLink {
  readonly clock = new FakeClock();
  readonly sockets: FakeSocket[] = [];
  readonly endings: { ending: Ending; retryMs: Millis | undefined }[] = [];
  readonly messages: string[] = [];
  readonly driver: LinkDriver;

  constructor({ policy, random = () => 0.5, permit }: FakeLinkOptions) {
    const dial: Dial = (_, events) => {
      const socket = new FakeSocket(events);
      this.sockets.push(socket);
      return socket;
    };
    const ports = { dial, clock: this.clock, random, ...(permit && { permit }) };
    this.driver = new LinkDriver(ports, policy, () => 'ws://test', {
      dialing: () => undefined,
      opened: () => undefined,
      message: (bytes) => void this.messages.push(Buffer.from(bytes).toString()),
      heartbeat: () => undefined,
      ended: (ending, retryMs) => void this.endings.push({ ending, retryMs }),
    });
  }

  get newest(): FakeSocket {
    return this.socket(this.sockets.length - 1);
  }

  socket(at: number): FakeSocket {
    const found = this.sockets[at];
    if (!found) throw new Error(`no attempt ${at}`);
    return found;
  }

  /** The newest attempt opens and, if told so, carries data from now on. */
  open(data?: 'with-data'): void {
    this.newest.events.opened({});
    if (data) this.driver.heard();
  }

  /**
   * Holds the link to the wait it reported after the newest ending: nothing is dialled a millisecond before it is over, and
   * one attempt is made when it is. Returns the wait.
   */
  sitOut(): Millis {
    const { retryMs } = this.endings.at(-1) ?? {};
    if (retryMs === undefined) throw new Error('no wait was reported');
    const before = this.sockets.length;
    if (retryMs > 0) this.clock.advance(retryMs - 1);
    const early = this.sockets.length - before;
    this.clock.advance(1);
    const made = this.sockets.length - before;
    if (early !== 0 || made !== 1) throw new Error(`${early} attempts before ${retryMs} ms were over, ${made} then`);
    return retryMs;
  }
}

/** Lets promises that are settled already be heard. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

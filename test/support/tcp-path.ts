import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import type { Cancel, Millis } from '#libs/core';
import { systemClock as clock } from '#libs/runtime';
import { type Pace, Way } from './way.js';

/** How a path behaves; without a word it does what it should. */
export interface Behaviour extends Pace {
  /** Whoever comes is reset before a byte has passed. */
  refuses?: true;
  /** So long after somebody has come his bytes pass: a slow handshake. */
  handshakeMs?: Millis;
  /** A connection on which nothing has passed for so long is forgotten, as balancers and NATs do: nobody is told. */
  forgetsAfterMs?: Millis;
  /** Like a cut cable, no byte passes in either direction, and nobody is told. Connections of that time stay dead afterwards. */
  isCut?: true;
}

/** Changes what the near end says before it goes on; one for each connection. */
export type Change = (bytes: Buffer) => Buffer;

/** Both directions between two ends. */
type Ways = readonly [Way, Way];

/** A TCP path to a port of this machine that misbehaves as it is told to, at any time. */
export class TcpPath {
  private behaviour: Behaviour = {};
  private readonly ends = new Set<Socket>();
  private readonly joints = new Set<Ways>();
  private readonly timers = new Set<Cancel>();

  private constructor(
    private readonly server: Server,
    private port: number,
    private readonly newChange: () => Change,
  ) {
    server.on('connection', (near) => this.welcome(near));
  }

  static async lay(port: number, newChange: () => Change = () => (bytes) => bytes): Promise<TcpPath> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpPath(server, port, newChange);
  }

  /** The port of our end. */
  get nearPort(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on it behaves like this, and in no other way. */
  behave(behaviour: Behaviour): void {
    this.behaviour = behaviour;
    for (const way of [...this.joints].flat()) {
      if (behaviour.isCut) way.die();
      else way.goOn();
    }
  }

  /** From now on it leads to this port; connections that lead elsewhere end. */
  leadTo(port: number): void {
    this.port = port;
    this.reset();
  }

  /** Ends every connection with an RST. */
  reset(): void {
    for (const end of this.ends) end.resetAndDestroy();
  }

  async remove(): Promise<void> {
    for (const cancel of this.timers) cancel();
    for (const end of this.ends) end.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private welcome(near: Socket): void {
    this.hold(near);
    const { refuses, isCut, handshakeMs } = this.behaviour;
    if (refuses) near.resetAndDestroy();
    else if (isCut) return;
    else if (handshakeMs === undefined) this.join(near);
    else this.later(handshakeMs, () => this.ends.has(near) && this.join(near));
  }

  private join(near: Socket): void {
    const far = connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.hold(far);
    const touch = this.forgetter(() => ways);
    const onward = this.newChange();
    const fromNear = new Way(near, far, () => ({ ...this.behaviour, delayMs: 0, drip: undefined }), touch, onward);
    const fromFar = new Way(far, near, () => this.behaviour, touch);
    const ways: Ways = [fromNear, fromFar];
    this.joints.add(ways);
    near.on('close', () => this.joints.delete(ways));
    touch();
  }

  /** Gives what is to be called whenever something passes. */
  private forgetter(ways: () => Ways): () => void {
    let cancel: Cancel = () => undefined;
    return () => {
      cancel();
      const { forgetsAfterMs } = this.behaviour;
      if (forgetsAfterMs !== undefined)
        cancel = this.later(forgetsAfterMs, () => {
          for (const way of ways()) way.die();
        });
    };
  }

  private later(ms: Millis, act: () => void): Cancel {
    const cancel = clock.after(ms, () => {
      this.timers.delete(cancel);
      act();
    });
    this.timers.add(cancel);
    return cancel;
  }

  private hold(end: Socket): void {
    this.ends.add(end);
    end.on('error', () => end.destroy());
    end.on('close', () => this.ends.delete(end));
  }
}

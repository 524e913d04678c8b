import type { ClientLimits, CommandRefusal, NotResumed, Resumed, StreamName } from '#libs/core';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from './until.js';

interface HeardCommand {
  event: string;
  id?: number;
  data?: { streams: StreamName[]; since?: Record<StreamName, unknown>; last?: number };
}

/** A gateway that answers as PROTOCOL.md says and is otherwise moved by the test. */
export class FakeGateway {
  readonly commands: HeardCommand[] = [];
  readonly sockets: WebSocket[] = [];
  readonly paths: unknown[] = [];
  answersPings = true;
  /** The place at which every stream stands. */
  place = { epoch: 1, seq: 7 };
  limits: ClientLimits = {
    commandsPerSecond: 1_000,
    streams: 1_024,
    messageBytes: 65_536,
    namesPerCommand: 4_096,
    lastEvents: 100,
  };
  /** What it says to whoever names a place. */
  resumed: Resumed | undefined;
  reasons: Record<StreamName, NotResumed> | undefined;
  /** Called before it answers that these are subscribed. */
  beforeSubscribed: (socket: WebSocket, streams: readonly StreamName[]) => void = () => undefined;
  private refusal: CommandRefusal | undefined;
  private readonly server = new WebSocketServer({ port: 0, host: '127.0.0.1' });

  constructor() {
    this.server.on('connection', (socket, { url }) => {
      this.paths.push(url);
      this.sockets.push(socket);
      socket.send(JSON.stringify({ event: 'limits', data: this.limits }));
      socket.on('message', (data: Buffer) => this.answer(socket, JSON.parse(data.toString()) as HeardCommand));
    });
  }

  async listening(): Promise<void> {
    await until(() => this.server.address());
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  get socket(): WebSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('nobody has connected');
    return socket;
  }

  say(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Refuses the next `subscribe`. */
  refuseNext(refusal: CommandRefusal): void {
    this.refusal = refusal;
  }

  trade(seq: number): void {
    this.say({ type: 'trade', stream: 'btcusdt@trade', epoch: 1, seq, symbol: 'BTCUSDT', id: seq });
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }

  private answer(socket: WebSocket, command: HeardCommand): void {
    this.commands.push(command);
    const { event, id, data } = command;
    const reply = (message: unknown): void => socket.send(JSON.stringify(message));
    if (event === 'ping' && this.answersPings) reply({ event: 'pong', id, data: { at: 0 } });
    if (!data) return;
    if (event === 'unsubscribe') return reply({ event: 'unsubscribed', id, data });
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal) return reply({ event: 'error', id, data: refusal });
    const bad = data.streams.filter((stream) => stream.includes('nonsense'));
    if (bad.length > 0) {
      const blamed = Object.fromEntries(bad.map((stream) => [stream, `${stream} is not a stream`]));
      return reply({ event: 'error', id, data: { code: 'bad-stream', message: 'no', streams: blamed } });
    }
    const streams = Object.fromEntries(data.streams.map((stream) => [stream, this.place]));
    const { resumed, reasons } = this;
    this.beforeSubscribed(socket, data.streams);
    reply({ event: 'subscribed', id, data: { streams, ...(resumed && data.since && { resumed, reasons }) } });
  }
}

import { spot } from '#libs/binance';
import type { ClientSocket } from '../delivery/client-socket.js';
import { readRequestPath } from './request-path.js';
import { Session } from './session.js';

/** A socket that writes down what is done to it. */
export class NotedSocket implements ClientSocket {
  readonly pings: string[] = [];
  readonly sent: string[] = [];
  /** Those that it has joined and not left. */
  readonly topics: string[] = [];
  ended: [number, string] | undefined;
  backlog = 0;
  send = (text: string) => this.sent.push(text);
  ping = (payload: string) => this.pings.push(payload);
  subscribe = (topic: string) => this.topics.includes(topic) || this.topics.push(topic);
  unsubscribe = (topic: string) => this.topics.splice(this.topics.indexOf(topic), 1);
  cork = (write: () => void) => write();
  end = (code: number, reason: string) => {
    this.ended = [code, reason];
  };
  reads: (bytes: number) => void = () => undefined;
  isCut = false;
  close = () => {
    this.isCut = true;
  };
  getBufferedAmount = () => this.backlog;
}

/** Of a holder of its own. */
export function sessionOn(path: string, id: number, socket: ClientSocket): Session {
  const plan = { markets: [spot], mostStreams: 1_000 };
  const entry = readRequestPath(plan, ...(path.split('?') as [string, string?]));
  if (!entry.ok) throw new Error(entry.problem.body);
  const session = new Session(id, entry.value, '127.0.0.1', 0, socket);
  session.holder = `holder ${id}`;
  return session;
}

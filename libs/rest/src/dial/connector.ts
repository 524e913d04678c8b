import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { type Clock, type Millis, duration } from '#libs/core';
import { type Lookup, connectSideBySide } from './side-by-side.js';

interface ConnectorParts {
  clock: Clock;
  /** A TCP connection, and then a TLS handshake, must have come about by then. */
  connectTimeoutMs: Millis;
  lookup?: Lookup | undefined;
}

/** An idle connection is probed after so long. */
const PROBE_MS: Millis = 60_000;

/**
 * How undici connects: as the streams do, to all addresses of a host side by side. Left alone it would leave that to Node, which
 * cuts each address after 250 ms, whatever the time-out.
 */
export function connectorOf({ clock, connectTimeoutMs, lookup }: ConnectorParts): buildConnector.connector {
  const overTls = buildConnector({ timeout: connectTimeoutMs, allowH2: false });
  const reach = async (host: string, port: number): Promise<Socket> => {
    const ending = new AbortController();
    const words = `no TCP connection within ${duration(connectTimeoutMs)}`;
    const cancel = clock.after(connectTimeoutMs, () => ending.abort(new Error(words)));
    const parts = { clock, signal: ending.signal, ...(lookup && { lookup }) };
    return connectSideBySide({ host, port }, parts).finally(cancel);
  };
  const connect: Connect = async (target, done) => {
    const isTls = target.protocol === 'https:';
    let socket: Socket;
    try {
      socket = await reach(target.hostname, Number(target.port) || (isTls ? 443 : 80));
    } catch (error) {
      return done(error as Error, null);
    }
    socket.setKeepAlive(true, PROBE_MS);
    if (isTls) overTls({ ...target, httpSocket: socket }, done);
    else done(null, socket);
  };
  return (target, done) => void connect(target, done);
}

type Connect = (...given: Parameters<buildConnector.connector>) => Promise<void>;

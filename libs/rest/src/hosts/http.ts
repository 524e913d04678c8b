import type { IncomingHttpHeaders } from 'node:http';
import { Agent, type Dispatcher, ProxyAgent, errors } from 'undici';
import { type Clock, type Millis, type Result, duration, notOk, ok } from '#libs/core';
import { credentialsOf } from '../dial/proxy.js';
import type { Lookup } from '../dial/side-by-side.js';
import { connectorOf } from '../dial/connector.js';

/** An answer, whole. */
export interface HttpAnswer {
  status: number;
  /** Names in lower case; where one came several times, the first. */
  headers: Readonly<Record<string, string | undefined>>;
  text: string;
  /** When its headers were here. */
  at: Millis;
}

export interface HttpOptions {
  /** The proxy through which the host is reached, if any. */
  proxy: URL | undefined;
  connectTimeoutMs: Millis;
  /** The whole answer must be here by then. */
  answerMs: Millis;
  connections: number;
  mostBytes: number;
  /** How names become addresses; the system's but in tests. */
  lookup?: Lookup;
}

/** An idle connection is kept so long, unless the host says otherwise. */
const KEEP_ALIVE_MS: Millis = 30_000;

/** The only class that knows undici: GET requests to one host over few connections that are kept. */
export class Http {
  private readonly dispatcher: Dispatcher;

  /** @param origin scheme, host and port. */
  constructor(
    private readonly origin: string,
    private readonly clock: Clock,
    private readonly options: HttpOptions,
  ) {
    this.dispatcher = dispatcherFor(options, clock);
  }

  /** The answer, whatever its status, or in words why there is none; never rejects. */
  async get(
    { path, query }: { path: string; query: Readonly<Record<string, string | number>> },
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Result<HttpAnswer, string>> {
    const { answerMs } = this.options;
    const ending = new AbortController();
    const giveUp = (): void => ending.abort(new Error('given up'));
    const cancel = this.clock.after(answerMs, () =>
      ending.abort(new Error(`no whole answer within ${duration(answerMs)}`)),
    );
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    try {
      const asked = { origin: this.origin, path, query, method: 'GET' as const, headers, signal: ending.signal };
      const answer = await this.dispatcher.request(asked);
      const at = this.clock.now();
      const text = await answer.body.text();
      return ok({ status: answer.statusCode, headers: firstOf(answer.headers), text, at });
    } catch (error) {
      return notOk(this.wordsOf(error));
    } finally {
      cancel();
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Ends what is under way and closes every connection. */
  stop(): Promise<void> {
    return this.dispatcher.destroy();
  }

  private wordsOf(error: unknown): string {
    if (error instanceof errors.ResponseExceededMaxSizeError) return `more than ${this.options.mostBytes} bytes`;
    const { message, code } = error as NodeJS.ErrnoException;
    return message === '' ? (code ?? 'no connection') : message;
  }
}

function dispatcherFor(
  { proxy, connectTimeoutMs, answerMs, connections, mostBytes, lookup }: HttpOptions,
  clock: Clock,
): Dispatcher {
  const options: Agent.Options = {
    connections,
    connectTimeout: connectTimeoutMs,
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxResponseSize: mostBytes,
    // One request at a time and connection: one that hangs holds up no other.
    pipelining: 1,
    allowH2: false,
  };
  if (!proxy) return new Agent({ ...options, connect: connectorOf({ clock, connectTimeoutMs, lookup }) });
  const token = credentialsOf(proxy);
  // Also what is not encrypted goes through CONNECT, as the streams do.
  return new ProxyAgent({ ...options, uri: proxy.origin, proxyTunnel: true, ...(token !== undefined && { token }) });
}

function firstOf(headers: IncomingHttpHeaders): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}

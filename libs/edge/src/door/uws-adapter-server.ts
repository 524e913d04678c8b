import './uws-adapter-header-size.js';
import {
  App,
  type HttpRequest,
  type HttpResponse,
  type TemplatedApp,
  type WebSocket,
  type us_listen_socket,
  type us_socket_context_t,
  us_listen_socket_close,
  us_socket_local_port,
} from 'uWebSockets.js';
import { CLOSE, type Clock, stamp } from '#libs/core';
import { type EdgeSettings, FileReserve, type Log, whyNotListening } from '#libs/runtime';
import { Flow } from '../delivery/conflation/flow.js';
import type { Publish } from '../delivery/rendition.js';
import type { EdgeMetrics } from '../metrics/edge-metrics.js';
import type { RestDesk } from '../rest/rest-desk.js';
import { answerRest } from '../rest/uws-adapter-rest.js';
import type { Backlogs } from './backlogs.js';
import type { CommandDesk } from './command-desk.js';
import {
  type DoorEntry,
  type DoorPlan,
  type HttpRefusal,
  UPGRADE_REQUIRED,
  type UpgradeHeaders,
  readRequestPath,
  refuseHandshake,
} from './request-path.js';
import { Session } from './session.js';
import type { Sessions } from './sessions.js';
import type { UwsAdapter } from './uws-adapter.js';

/** What uWebSockets.js keeps beside a socket. */
interface UserData {
  entry: DoorEntry;
  session?: Session;
}

/** Who takes what comes in at the door. */
export interface DoorParts {
  plan: DoorPlan;
  sessions: Sessions;
  backlogs: Backlogs;
  desk: CommandDesk;
  adapter: UwsAdapter;
  rest: RestDesk;
  clock: Clock;
  log: Log;
  metrics: EdgeMetrics;
}

/**
 * Every socket joins this topic, on which nothing is published: a socket that leaves its last topic would lose what was
 * published to it earlier in the same turn of the loop.
 */
const ANCHOR = 'anchor';

/**
 * A client is told when it goes beyond a limit of bytes. At this many times the limit (a backlog that one huge burst made, a
 * huge message) uWebSockets.js cuts it off without a word, and the client sees 1006.
 */
const CUT_AT = 2;

/** The settings that say where clients connect. */
const NAMES = { hostSetting: 'HOLDFAST_HOST', portSetting: 'HOLDFAST_PORT' };

/** `us_listen_socket_option`: two processes must not share the port by accident. */
const EXCLUSIVE_PORT = 1;

/**
 * The sockets of all clients, over uWebSockets.js, which only this file knows. Data goes out with `publish`, one call per
 * message, and C++ does the rest.
 */
export class UwsServer {
  private readonly app: TemplatedApp;
  private readonly cut = new WeakSet<Session>();
  private readonly reserve: FileReserve;
  private listening: us_listen_socket | undefined;
  private lastId = 0;

  constructor(
    private readonly settings: Readonly<EdgeSettings>,
    private readonly parts: DoorParts,
  ) {
    this.reserve = new FileReserve(parts.clock);
    this.app = this.makeApp();
  }

  /** Sends a text to every client that joined the topic. A property, so that it can be handed on as it is. */
  readonly publish: Publish = (topic, text) => {
    this.app.publish(topic, text);
    this.parts.backlogs.published(text.length);
  };

  /** Resolves with the port; rejects when it cannot be had. */
  listen(): Promise<number> {
    const { host, port } = this.settings;
    return new Promise((resolve, reject) => {
      const listened = (socket: us_listen_socket | false): void => {
        if (!socket) {
          void whyNotListening({ host, port, ...NAMES }).then(reject);
          return;
        }
        this.listening = socket;
        resolve(us_socket_local_port(socket));
      };
      this.listenExclusively(host, port, listened);
    });
  }

  /** From now on nobody new comes in. */
  stopListening(): void {
    if (this.listening) us_listen_socket_close(this.listening);
    this.listening = undefined;
  }

  /** Closes the sockets that are left, and what holds the event loop. */
  close(): void {
    this.stopListening();
    this.app.close();
  }

  private makeApp(): TemplatedApp {
    const { maxClientMessageBytes, maxClientBacklogBytes, clientIdleS } = this.settings;
    return App()
      .filter((response, count) => this.cameOrWent(response, count))
      .ws<UserData>('/*', {
        maxPayloadLength: CUT_AT * maxClientMessageBytes,
        idleTimeout: clientIdleS,
        sendPingsAutomatically: true,
        maxBackpressure: CUT_AT * maxClientBacklogBytes,
        closeOnBackpressureLimit: true,
        compression: 0,
        upgrade: (response, request, context) => this.upgrade(response, request, context),
        open: (socket) => this.opened(socket),
        message: (socket, message, isBinary) => this.received(socket.getUserData().session, message, isBinary),
        ping: (socket) => this.pinged(socket.getUserData().session),
        pong: (socket, payload) => this.pinged(socket.getUserData().session, Buffer.from(payload).toString()),
        dropped: (socket) => this.dropped(socket.getUserData().session),
        drain: (socket) => socket.getUserData().session?.drained(),
        close: (socket, code) => this.closed(socket.getUserData().session, code),
      })
      .any('/*', (response, request) => {
        if (answerRest(this.parts.rest, response, request)) return;
        const entry = readRequestPath(this.parts.plan, request.getUrl(), request.getQuery());
        answer(response, request, entry.ok ? UPGRADE_REQUIRED : entry.problem);
      });
  }

  /** The typings know exclusive ports without a host only; the function takes both. */
  private listenExclusively(host: string, port: number, listened: (socket: us_listen_socket | false) => void): void {
    const listen: (...args: [string, number, number, typeof listened]) => unknown = this.app.listen.bind(
      this.app,
    ) as never;
    listen(host, port, EXCLUSIVE_PORT, listened);
  }

  /** A socket that has not said anything yet: `count` is 1 when it comes, -1 when it goes as one that was never upgraded. */
  private cameOrWent(response: HttpResponse, count: number): void {
    if (count < 0 || this.reserve.hasRoom()) return;
    this.parts.metrics.refusedConnections.inc({ why: 'no-files' });
    response.close();
  }

  private upgrade(response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    const entry = readRequestPath(this.parts.plan, request.getUrl(), request.getQuery());
    const refusal = entry.ok ? refuseHandshake(upgradeHeaders(request)) : entry.problem;
    if (!entry.ok || refusal) {
      this.parts.metrics.refusedConnections.inc({ why: 'bad-request' });
      return answer(response, request, refusal ?? UPGRADE_REQUIRED);
    }
    const userData: UserData = { entry: entry.value };
    const header = (name: string): string => request.getHeader(`sec-websocket-${name}`);
    // The request is gone when this returns.
    const [key, protocol, extensions] = [header('key'), header('protocol'), header('extensions')];
    const enter = (): void => response.upgrade(userData, key, protocol, extensions, context);
    const arrival = this.parts.adapter.arrive(entry.value);
    if (!arrival) return enter();
    response.onAborted(() => arrival.gone());
    arrival.whenReady(() => response.cork(enter));
  }

  private opened(socket: WebSocket<UserData>): void {
    const userData = socket.getUserData();
    const address = Buffer.from(socket.getRemoteAddressAsText()).toString();
    this.lastId += 1;
    const session = new Session(this.lastId, userData.entry, address, stamp(this.parts.clock), socket);
    const { clock, metrics } = this.parts;
    session.counts = metrics.counts;
    session.flow = new Flow(session, { clock, counts: metrics.counts, endOfTurn: setImmediate });
    userData.session = session;
    session.leaves = () => this.parts.adapter.left(session);
    if (!this.parts.sessions.admit(session)) return;
    session.join(ANCHOR);
    this.parts.adapter.came(session);
  }

  private received(session: Session | undefined, message: ArrayBuffer, isBinary: boolean): void {
    if (!session?.isOpen) return;
    if (message.byteLength > this.settings.maxClientMessageBytes) return session.close(1009, 'message too large');
    this.parts.desk.receive(session, isBinary ? undefined : Buffer.from(message).toString());
  }

  /** @param answer what it answers, where it is a pong. */
  private pinged(session: Session | undefined, answer = ''): void {
    if (session && !session.flow?.answered(answer)) this.parts.desk.pinged(session);
  }

  /**
   * Called for the first message of each batch that is dropped. uWebSockets.js closes the socket at the end of this turn
   * (`closeOnBackpressureLimit`); the client sees 1006. The socket must not be touched from here: it is being written to.
   */
  private dropped(session: Session | undefined): void {
    if (!session?.isOpen || this.cut.has(session)) return;
    this.cut.add(session);
    this.parts.metrics.slowCloses.inc({ how: 'cut' });
    const { id, address } = session;
    this.parts.log.warn({ code: 'edge.client-cut', client: id, address, instead: CLOSE.tooSlow }, 'cut a client off');
  }

  private closed(session: Session | undefined, code: number): void {
    if (!session) return;
    this.parts.metrics.closed(code);
    session.closed();
    this.parts.sessions.left(session);
    this.parts.adapter.left(session);
  }
}

const upgradeHeaders = (request: HttpRequest): UpgradeHeaders => ({
  connection: request.getHeader('connection'),
  upgrade: request.getHeader('upgrade'),
  'sec-websocket-version': request.getHeader('sec-websocket-version'),
});

/**
 * Says what a request gets that is no upgrade, and closes: who sends one request behind the other on one connection, as fast as it
 * goes, would be answered without end and nobody else served.
 */
function answer(response: HttpResponse, request: HttpRequest, { status, body }: HttpRefusal): void {
  const isHead = request.getMethod() === 'head';
  response.cork(() => {
    response.writeStatus(status).writeHeader('content-type', 'text/plain; charset=utf-8');
    if (status.startsWith('426'))
      response.writeHeader('upgrade', 'websocket').writeHeader('sec-websocket-version', '13');
    response.end(isHead ? '' : body, true);
  });
}

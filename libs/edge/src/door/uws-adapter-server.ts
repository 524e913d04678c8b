import './uws-adapter-header-size.js';
import type { HttpRequest, HttpResponse, TemplatedApp, WebSocket, us_socket_context_t } from 'uWebSockets.js';
import { CLOSE, type Clock, type Millis, type Result, notOk, stamp } from '#libs/core';
import { type Access, type EdgeSettings, FileReserve, type Log } from '#libs/runtime';
import { Flow } from '../delivery/conflation/flow.js';
import { FlushWindow } from '../delivery/flush-window.js';
import type { Publish } from '../delivery/rendition.js';
import { Agents } from '../guard/agents.js';
import type { Admission, Guard } from '../guard/guard.js';
import { pageHeaders } from '../guard/page.js';
import { answerAndClose } from '../guard/uws-adapter-answer.js';
import { type Knock, Knocks, type NotKept } from '../guard/uws-adapter-knocks.js';
import { type AskedVisit, askedOf, peerOf, upgradeLater, whenJudged } from '../guard/uws-adapter-visit.js';
import { UwsListener } from '../listening/uws-adapter-listener.js';
import type { EdgeMetrics } from '../metrics/edge-metrics.js';
import type { RestDesk } from '../rest/rest-desk.js';
import { answerRest } from '../rest/uws-adapter-rest.js';
import { answerPage } from '../watching/uws-adapter-watch.js';
import type { WatchPage } from '../watching/watch-page.js';
import type { Backlogs } from './backlogs.js';
import type { CommandDesk } from './command-desk.js';
import {
  type DoorEntry,
  type DoorPlan,
  type HttpRefusal,
  UPGRADE_REQUIRED,
  type UpgradeHeaders,
  readRequestPath,
  refuseForLack,
  refuseHandshake,
  refusePlain,
  refuseStrange,
} from './request-path.js';
import { Session } from './session.js';
import type { Sessions } from './sessions.js';
import type { UwsAdapter } from './uws-adapter.js';

/** What uWebSockets.js keeps beside a socket. */
interface UserData {
  entry: DoorEntry;
  admission: Admission;
  knock: Knock;
  agent: string;
  session?: Session;
}

/** Who takes what comes in at the door. */
export interface DoorParts {
  plan: DoorPlan;
  sessions: Sessions;
  backlogs: Backlogs;
  /** Told who has left. */
  departures: { note(session: Session, code: number, leftAt: Millis): void };
  desk: CommandDesk;
  adapter: UwsAdapter;
  access: Access;
  guard: Guard;
  rest: RestDesk;
  /** Absent where there is to be none. */
  page: WatchPage | undefined;
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

/**
 * The sockets of all clients, over uWebSockets.js, which only this file knows. Data goes out with `publish`, one call per
 * message, and C++ does the rest.
 */
export class UwsServer {
  readonly listener: UwsListener;
  /** What whoever asks to come in is told, from the moment when nobody new comes in. */
  turnsAway: HttpRefusal | undefined;
  /** There where messages are gathered for longer than a turn of the loop. */
  readonly window: FlushWindow | undefined;
  private readonly cut = new WeakSet<Session>();
  private readonly reserve: FileReserve;
  private readonly knocks: Knocks;
  private readonly agents = new Agents();
  private lastId = 0;

  constructor(
    private readonly settings: Readonly<EdgeSettings>,
    private readonly parts: DoorParts,
  ) {
    this.reserve = new FileReserve(parts.clock);
    this.knocks = new Knocks(parts.guard.connections);
    const { host, port } = settings;
    const furnish = (app: TemplatedApp): void => this.furnish(app);
    this.listener = new UwsListener({ ...parts, host, port, furnish, everybody: ANCHOR });
    if (settings.flushMs > 0) this.window = new FlushWindow(settings, parts.clock, this.publish);
  }

  /** Sends a text to every client that joined the topic. A property, so that it can be handed on as it is. */
  readonly publish: Publish = (topic, text) => {
    for (const app of this.listener.apps) app.publish(topic, text);
    this.parts.backlogs.published(text.length);
  };

  /** Resolves with the port; rejects when it cannot be had. */
  listen(): Promise<number> {
    return this.listener.listen();
  }

  /** From now on nobody new comes in. */
  stopListening(): void {
    this.listener.stopListening();
  }

  /** Closes the sockets that are left, and what holds the event loop. */
  close(): void {
    this.window?.flush();
    this.listener.close();
  }

  private furnish(app: TemplatedApp): void {
    const { maxClientMessageBytes, maxClientBacklogBytes, clientIdleS } = this.settings;
    app
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
        close: (socket, code) => this.closed(socket.getUserData(), code),
      })
      .any('/*', (response, request) => {
        const refused = refusePlain(upgradeHeaders(request), request.getHeader('sec-websocket-key'));
        this.serve(response, askedOf(response, request), refused);
      });
  }

  /** Answers a request that is none for an upgrade. */
  private serve(response: HttpResponse, asked: AskedVisit, refused: HttpRefusal): void {
    const { guard, rest, plan } = this.parts;
    const knock = this.knocks.begin(response, { ...asked, address: guard.ownerOf(asked) });
    const page = this.parts.page?.serves(asked) ? this.parts.page : undefined;
    // A page must be there before it can ask for a token.
    whenJudged(response, page ? guard.judgeUnnamed(asked) : guard.judge(asked), (judged) => {
      if (!judged.ok) return this.answer(response, asked, judged.problem);
      const { query, leave, holder, permit } = judged.value;
      leave();
      if (page || rest.serves(asked.path)) {
        return this.knocks.keep(knock, (whyNot) => {
          if (whyNot) this.answer(response, asked, refuseToKeep(this.parts, whyNot, asked.method));
          else if (page) answerPage(page, response, { ...asked, query, holder }, rest.untaken);
          else answerRest(rest, response, { ...asked, query, holder, permit });
        });
      }
      const entry = readRequestPath(plan, asked.path, query);
      this.answer(response, asked, entry.ok ? refused : entry.problem);
    });
  }

  /** A socket that has not said anything yet: `count` is 1 when it comes, -1 when it goes as one that was never upgraded. */
  private cameOrWent(response: HttpResponse, count: number): void {
    const { guard, metrics } = this.parts;
    if (count < 0) return this.knocks.closed();
    const comer = guard.came(peerOf(response));
    const hasRoom = this.reserve.hasRoom();
    if (!hasRoom) metrics.refusedConnections.inc({ why: 'no-files' });
    if (comer) this.knocks.came(response, comer);
    if (!comer || !hasRoom) response.close();
  }

  private upgrade(response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    const headers = upgradeHeaders(request);
    const [key, extensions] = [request.getHeader('sec-websocket-key'), request.getHeader('sec-websocket-extensions')];
    const asked = askedOf(response, request);
    const knock = this.knocks.begin(response, { ...asked, address: this.parts.guard.ownerOf(asked) });
    const turnAway = (refusal: HttpRefusal): void => {
      this.parts.metrics.refusedConnections.inc({ why: 'going-away' });
      this.answer(response, asked, refusal);
    };
    if (this.turnsAway) return turnAway(this.turnsAway);
    whenJudged(response, this.parts.guard.judge(asked), (judged, isLater) => {
      if (!judged.ok) return this.answer(response, asked, judged.problem);
      const admission = judged.value;
      // It may have begun while a token was looked at: who comes in now would not be told to go.
      if (this.turnsAway) {
        admission.leave();
        return turnAway(this.turnsAway);
      }
      const entry = this.entryOf(asked, headers, admission);
      if (!entry.ok) {
        admission.leave();
        return this.answer(response, asked, entry.problem);
      }
      const userData: UserData = { entry: entry.value, admission, knock, agent: this.agents.of(asked.agent) };
      const enter = (): void => response.upgrade(userData, key, admission.protocol, extensions, context);
      const enterLater = (): void => upgradeLater(response, enter, this.parts.sessions.anybody);
      const arrival = this.parts.adapter.arrive(entry.value, admission.holder);
      if (!arrival) return isLater ? enterLater() : enter();
      response.onAborted(() => {
        arrival.gone();
        admission.leave();
      });
      arrival.whenReady(enterLater);
    });
  }

  private answer(response: HttpResponse, asked: AskedVisit, { status, headers, body }: HttpRefusal): void {
    const page = pageHeaders(this.parts.guard.readerOf(asked));
    answerAndClose(response, asked.method, { status, headers: { ...headers, ...page }, body });
  }

  /** What somebody who may come in wants here, or why that is not to be had; counted. */
  private entryOf({ path }: AskedVisit, headers: UpgradeHeaders, admission: Admission): Result<DoorEntry, HttpRefusal> {
    const { plan } = this.parts;
    const mostStreams = Math.min(plan.mostStreams, admission.permit?.streams ?? Infinity);
    const entry = readRequestPath({ ...plan, mostStreams }, path, admission.query);
    const bad = entry.ok ? refuseHandshake(headers) : entry.problem;
    if (!entry.ok || bad) {
      this.parts.metrics.refusedConnections.inc({ why: 'bad-request' });
      return notOk(bad ?? UPGRADE_REQUIRED);
    }
    const streams = [...entry.value.names.values()].flatMap((parsed) => parsed ?? []);
    const refusal = this.parts.guard.refuseStreams(admission.permit, streams);
    if (refusal) return notOk(refusal);
    const lack = this.parts.adapter.lackOf(entry.value, admission.holder);
    if (!lack) return entry;
    this.parts.metrics.refusedConnections.inc({ why: lack.code });
    return notOk(refuseForLack(lack));
  }

  private opened(socket: WebSocket<UserData>): void {
    const userData = socket.getUserData();
    const { entry, admission, knock, agent } = userData;
    this.knocks.upgraded(knock);
    this.lastId += 1;
    const guarded = this.window?.guard(socket) ?? socket;
    const session = new Session(this.lastId, entry, admission.address, stamp(this.parts.clock), guarded);
    session.permit = admission.permit;
    session.agent = agent;
    session.holder = admission.holder;
    session.cork = (act) => void socket.cork(act);
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
    if (!session) return;
    session.openPings.answered(answer);
    if (!session.flow?.answered(answer)) this.parts.desk.pinged(session);
  }

  /**
   * Called for the first message of each batch that is dropped. uWebSockets.js closes the socket at the end of this turn
   * (`closeOnBackpressureLimit`); the client sees 1006. The socket must not be touched from here: it is being written to.
   */
  private dropped(session: Session | undefined): void {
    if (!session?.isOpen || this.cut.has(session)) return;
    this.cut.add(session);
    session.said = { code: 1006, reason: 'read too slowly: one burst was more than may wait for it' };
    this.parts.metrics.slowCloses.inc({ how: 'cut' });
    const { id, address } = session;
    this.parts.log.warn({ code: 'edge.client-cut', client: id, address, instead: CLOSE.tooSlow }, 'cut a client off');
  }

  private closed({ session, admission }: UserData, code: number): void {
    admission.leave();
    if (!session) return;
    this.parts.departures.note(session, code, stamp(this.parts.clock));
    this.parts.metrics.closed(code);
    session.closed();
    this.parts.sessions.left(session);
    this.parts.adapter.left(session);
  }
}

/** How a question is answered whose connection is not kept; counted. */
function refuseToKeep({ guard, metrics }: DoorParts, whyNot: NotKept, method: string): HttpRefusal {
  if (whyNot !== 'strange') return guard.refuseCrowd(whyNot);
  metrics.refusedConnections.inc({ why: 'bad-request' });
  return refuseStrange(method);
}

const upgradeHeaders = (request: HttpRequest): UpgradeHeaders => ({
  connection: request.getHeader('connection'),
  upgrade: request.getHeader('upgrade'),
  'sec-websocket-version': request.getHeader('sec-websocket-version'),
});

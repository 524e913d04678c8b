import { Inject, UseInterceptors, UsePipes } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import {
  type ClientLimits,
  type Clock,
  HoldfastError,
  type NativeReply,
  type NotResumed,
  type Place,
  type StreamName,
  type Subscribed,
  isPlace,
  stamp,
} from '#libs/core';
import { CLOCK } from '#libs/runtime';
import { looseContractOf } from '../contracts/contracts.js';
import { isPattern } from '../contracts/pattern.js';
import type { Session } from '../door/session.js';
import { Subscriptions } from '../door/subscriptions.js';
import type { NativeResult } from '../door/wire/native-wire.js';
import type { Command } from '../door/wire/wire.js';
import { type Outcomes, Resumes } from '../resume/resumes.js';
import { Stragglers } from '../resume/stragglers.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import { isFollowed } from '../streams/table.js';
import { standing } from '../streams/telling.js';
import { commandPipe } from './command.pipe.js';
import { Introductions } from './introductions.js';
import { OutcomeInterceptor } from './outcome.interceptor.js';
import { PatternDesk } from './pattern-desk.js';
import { placeOf } from './place-of.js';
import { readContract } from './read-contract.js';
import { readStreams } from './read-streams.js';
import { StreamsData, SubscribeData } from './stream-commands.js';

/** What clients of `/v1` are told first. */
export const CLIENT_LIMITS = Symbol('CLIENT_LIMITS');

/** What a client has asked for with `subscribe`. */
interface SubscribeWish {
  command: Command;
  streams: readonly EdgeStream[];
  /** Those that it had before. */
  served: ReadonlySet<EdgeStream | undefined>;
  /** Where it was, by name. */
  since: ReadonlyMap<StreamName, Place>;
  last: number;
  /** What the reply says beside the streams. */
  told: Omit<Subscribed, 'streams' | 'resumed' | 'reasons'>;
}

/** The commands of `/v1`. */
@WebSocketGateway({ path: '/v1' })
@UsePipes(commandPipe())
@UseInterceptors(OutcomeInterceptor)
export class NativeGateway implements OnGatewayConnection<Session>, OnGatewayDisconnect<Session> {
  constructor(
    @Inject(Subscriptions) private readonly subscriptions: Subscriptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CLIENT_LIMITS) private readonly limits: ClientLimits,
    @Inject(Introductions) private readonly introductions: Introductions,
    @Inject(Resumes) private readonly resumes: Resumes,
    @Inject(Stragglers) private readonly stragglers: Stragglers,
    @Inject(PatternDesk) private readonly patterns: PatternDesk,
  ) {}

  handleConnection(session: Session): void {
    const streams = Math.min(this.limits.streams, session.permit?.streams ?? Infinity);
    session.send(JSON.stringify({ event: 'limits', data: { ...this.limits, streams } } satisfies NativeReply));
  }

  handleDisconnect(session: Session): void {
    this.introductions.forget(session);
    this.resumes.forget(session);
    this.stragglers.forget(session);
    this.patterns.forget(session);
    this.subscriptions.remove(session, session.streams.keys());
  }

  /**
   * Writes the reply itself, with each stream's feed state and newest event, book, last events or what was missed behind it, in the
   * same turn in which the client joins: nothing can come between, so nothing is missed and nothing comes twice. Where what was missed
   * has to be asked for, the client joins when that has come.
   */
  @SubscribeMessage('subscribe')
  subscribe(
    @ConnectedSocket() session: Session,
    @MessageBody('data') data: SubscribeData,
    @MessageBody() command: Command,
  ): Promise<void> | undefined {
    const since = new Map(readSince(data));
    const last = this.readLast(data);
    const served = new Set(session.streams.values());
    const { streams, told } = this.join(session, data, last);
    this.stragglers.tidy(session);
    const fresh = streams.filter((stream) => !served.has(stream));
    const places = new Map(fresh.flatMap((stream) => pairOf(stream, since.get(stream.name))));
    const wish: SubscribeWish = { command, streams, served, since, last, told };
    const outcomes = this.resumes.look(places);
    if (outcomes) {
      this.answer(session, wish, outcomes);
      return undefined;
    }
    this.stragglers.hold(session, fresh);
    return this.resumes.find(session, places).then((vain) => {
      if (!session.isOpen) return;
      this.stragglers.release(session);
      this.answer(session, wish, this.resumes.conclude(places, vain));
    });
  }

  @SubscribeMessage('unsubscribe')
  unsubscribe(@ConnectedSocket() session: Session, @MessageBody('data') { streams }: StreamsData): NativeResult {
    const { patterns, names } = this.patterns.release(session, streams);
    for (const name of names) this.introductions.drop(session, session.streams.get(name));
    const had = this.subscriptions.remove(session, names);
    this.stragglers.tidy(session);
    return { event: 'unsubscribed', data: { streams: [...patterns, ...had] } };
  }

  @SubscribeMessage('list')
  list(@ConnectedSocket() session: Session): NativeResult {
    return { event: 'list', data: listOf(session) };
  }

  @SubscribeMessage('ping')
  ping(): NativeResult {
    return { event: 'pong', data: { at: stamp(this.clock) } };
  }

  /** The client has these as well from now on. */
  private join(session: Session, data: SubscribeData, last: number): Pick<SubscribeWish, 'streams' | 'told'> {
    const patterns = this.patterns.read(session, data.streams);
    if (patterns.length > 0 && last > 0) throw new HoldfastError('bad-command', 'last: not with patterns');
    const names = readStreams(
      session,
      data.streams.filter((name) => !isPattern(name)),
    );
    const contract = readContract(data);
    const named = this.subscriptions.add(session, names, contract);
    this.patterns.named(session, data.streams);
    const { streams: joined, left } = this.patterns.take(session, patterns, contract);
    const told = {
      ...(contract.delivery !== 'all' && contract),
      ...(patterns.length > 0 && { patterns: patterns.map(({ text }) => text) }),
      ...(left > 0 && { left }),
    };
    return { streams: [...new Set([...named, ...joined])], told };
  }

  private answer(session: Session, wish: SubscribeWish, outcomes: Outcomes): void {
    const { command, streams, served, last, told: said } = wish;
    const behind = new Map<EdgeStream, Place>();
    const told = streams.map((stream) => {
      const outcome = outcomes.get(stream);
      // Its state comes when it has caught up.
      if (this.stragglers.has(session, stream)) return { stream, texts: [] };
      if (!outcome || !('texts' in outcome)) {
        return { stream, texts: this.introductions.introduce(session, stream, served.has(stream) ? 0 : last) };
      }
      if (outcome.texts.length === 0) return { stream, texts: standing(stream) };
      behind.set(stream, wish.since.get(stream.name) ?? stream.place);
      return { stream, texts: [] };
    });
    const places = told.map(({ stream, texts }) => [stream.name, texts ? placeOf(stream) : null]);
    const data = { streams: Object.fromEntries(places), ...said, ...resumedOf(wish, outcomes) };
    const reply: NativeResult = { event: 'subscribed', data };
    session.send(session.wire.reply(command, reply), ...told.flatMap(({ texts = [] }) => texts));
    if (behind.size > 0) this.stragglers.resume(session, behind);
  }

  private readLast({ last }: SubscribeData): number {
    const { lastEvents } = this.limits;
    // Absent also where it is null: class-validator lets that pass.
    if ((last ?? 0) <= lastEvents) return last ?? 0;
    throw new HoldfastError('bad-command', `last: expected a whole number of events, at most ${lastEvents}`);
  }
}

/** What a client has, and under what; what is not said is under `all`, and by no pattern. */
function listOf(session: Session): (NativeReply & { event: 'list' })['data'] {
  const contracts = [...session.streams.keys()].flatMap((name) => {
    const contract = looseContractOf(session, name);
    return contract ? [[name, contract] as const] : [];
  });
  const patterns = [...session.patterns.values()].map(({ text, contract }) => [text, contract] as const);
  return {
    streams: [...session.streams.keys()],
    ...(contracts.length > 0 && { contracts: Object.fromEntries(contracts) }),
    ...(patterns.length > 0 && { patterns: Object.fromEntries(patterns) }),
  };
}

const pairOf = (stream: EdgeStream, place: Place | undefined): [EdgeStream, Place][] =>
  place ? [[stream, place]] : [];

/** Whether each stream whose last place the client has named goes on there, and why not. */
function resumedOf({ streams, since }: SubscribeWish, outcomes: Outcomes): Pick<Subscribed, 'resumed' | 'reasons'> {
  const named = streams.flatMap((stream) => pairOf(stream, since.get(stream.name)));
  if (named.length === 0) return {};
  const whyNot = ([stream, place]: [EdgeStream, Place]): NotResumed | undefined => {
    const outcome = outcomes.get(stream);
    if (!outcome) return isFollowed(stream.phase) && stream.isAt(place) ? undefined : 'served-already';
    return 'why' in outcome ? outcome.why : undefined;
  };
  const whys = named.map((pair) => [pair[0].name, whyNot(pair)] as const);
  const reasons = whys.flatMap(([name, why]) => (why ? [[name, why] as const] : []));
  return {
    resumed: Object.fromEntries(whys.map(([name, why]) => [name, why === undefined])),
    ...(reasons.length > 0 && { reasons: Object.fromEntries(reasons) }),
  };
}

function readSince({ streams, since }: SubscribeData): [StreamName, Place][] {
  return Object.entries(since ?? {}).map(([name, place]) => {
    if (!streams.includes(name)) {
      throw new HoldfastError('bad-command', `since: ${JSON.stringify(name)} is not among streams`);
    }
    if (!isPlace(place)) {
      throw new HoldfastError('bad-command', `since: expected {"epoch":…,"seq":…} in whole numbers for ${name}`);
    }
    return [name, place];
  });
}

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
  type Place,
  type StreamName,
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
import type { EdgeStream } from '../streams/edge-stream.js';
import { isFollowed } from '../streams/table.js';
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
    @Inject(PatternDesk) private readonly patterns: PatternDesk,
  ) {}

  handleConnection(session: Session): void {
    session.send(JSON.stringify({ event: 'limits', data: this.limits } satisfies NativeReply));
  }

  handleDisconnect(session: Session): void {
    this.introductions.forget(session);
    this.patterns.forget(session);
    this.subscriptions.remove(session, session.streams.keys());
  }

  /**
   * Writes the reply itself, with each stream's feed state and newest event, book or last events behind it, in the same turn in
   * which the client joins: nothing can come between, so nothing is missed and nothing comes twice.
   */
  @SubscribeMessage('subscribe')
  subscribe(
    @ConnectedSocket() session: Session,
    @MessageBody('data') data: SubscribeData,
    @MessageBody() command: Command,
  ): void {
    const since = readSince(data);
    const last = this.readLast(data);
    const patterns = this.patterns.read(session, data.streams);
    if (patterns.length > 0 && last > 0) throw new HoldfastError('bad-command', 'last: not with patterns');
    const names = readStreams(
      session,
      data.streams.filter((name) => !isPattern(name)),
    );
    const fresh = new Set([...names.keys()].filter((name) => !session.streams.has(name)));
    const contract = readContract(data);
    const named = this.subscriptions.add(session, names, contract);
    this.patterns.named(session, data.streams);
    const { streams: joined, left } = this.patterns.take(session, patterns, contract);
    const streams = [...new Set([...named, ...joined])];
    const resumed = new Map(since.map(([name, place]) => [name, isAt(place, session.streams.get(name))]));
    const told = streams.map((stream) => {
      const isNew = fresh.has(stream.name) && resumed.get(stream.name) !== true;
      return { stream, texts: this.introductions.introduce(session, stream, isNew ? last : 0) };
    });
    const places = told.map(({ stream, texts }) => [stream.name, texts ? placeOf(stream) : null]);
    const reply: NativeResult = {
      event: 'subscribed',
      data: {
        streams: Object.fromEntries(places),
        ...(contract.delivery !== 'all' && contract),
        ...(patterns.length > 0 && { patterns: patterns.map(({ text }) => text) }),
        ...(left > 0 && { left }),
        ...(data.since && { resumed: Object.fromEntries(resumed) }),
      },
    };
    session.send(session.wire.reply(command, reply), ...told.flatMap(({ texts = [] }) => texts));
  }

  @SubscribeMessage('unsubscribe')
  unsubscribe(@ConnectedSocket() session: Session, @MessageBody('data') { streams }: StreamsData): NativeResult {
    const { patterns, names } = this.patterns.release(session, streams);
    return { event: 'unsubscribed', data: { streams: [...patterns, ...this.subscriptions.remove(session, names)] } };
  }

  @SubscribeMessage('list')
  list(@ConnectedSocket() session: Session): NativeResult {
    return { event: 'list', data: listOf(session) };
  }

  @SubscribeMessage('ping')
  ping(): NativeResult {
    return { event: 'pong', data: { at: stamp(this.clock) } };
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

const isAt = (place: Place, stream: EdgeStream | undefined): boolean =>
  stream !== undefined && isFollowed(stream.phase) && stream.isAt(place);

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

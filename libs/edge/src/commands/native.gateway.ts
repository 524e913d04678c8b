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
import type { Session } from '../door/session.js';
import { Subscriptions } from '../door/subscriptions.js';
import type { NativeResult } from '../door/wire/native-wire.js';
import type { Command } from '../door/wire/wire.js';
import type { EdgeStream } from '../streams/edge-stream.js';
import { isFollowed } from '../streams/table.js';
import { commandPipe } from './command.pipe.js';
import { Introductions } from './introductions.js';
import { OutcomeInterceptor } from './outcome.interceptor.js';
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
  ) {}

  handleConnection(session: Session): void {
    session.send(JSON.stringify({ event: 'limits', data: this.limits } satisfies NativeReply));
  }

  handleDisconnect(session: Session): void {
    this.introductions.forget(session);
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
    const names = readStreams(session, data.streams);
    const fresh = new Set([...names.keys()].filter((name) => !session.streams.has(name)));
    const streams = this.subscriptions.add(session, names);
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
        ...(data.since && { resumed: Object.fromEntries(resumed) }),
      },
    };
    session.send(session.wire.reply(command, reply), ...told.flatMap(({ texts = [] }) => texts));
  }

  @SubscribeMessage('unsubscribe')
  unsubscribe(@ConnectedSocket() session: Session, @MessageBody('data') { streams }: StreamsData): NativeResult {
    return { event: 'unsubscribed', data: { streams: this.subscriptions.remove(session, streams) } };
  }

  @SubscribeMessage('list')
  list(@ConnectedSocket() session: Session): NativeResult {
    return { event: 'list', data: { streams: [...session.streams.keys()] } };
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

const placeOf = ({ phase, place }: EdgeStream): Place | null => (isFollowed(phase) ? place : null);

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

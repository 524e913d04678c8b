import { Inject, UseInterceptors } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import type { ControlRequest } from '#libs/binance';
import { CLOSE, HoldfastError, type StreamName } from '#libs/core';
import { ColdStarts } from '../door/cold-starts.js';
import type { Session } from '../door/session.js';
import { Subscriptions } from '../door/subscriptions.js';
import { OutcomeInterceptor } from './outcome.interceptor.js';
import { readStreams } from './read-streams.js';

type ControlOf<M extends ControlRequest['method']> = ControlRequest & { method: M };

/** Binance's control messages, already checked by their decoder; `null` is the result of what has none. */
@WebSocketGateway({ path: '/ws' })
@UseInterceptors(OutcomeInterceptor)
export class BinanceGateway implements OnGatewayConnection<Session>, OnGatewayDisconnect<Session> {
  constructor(
    @Inject(Subscriptions) private readonly subscriptions: Subscriptions,
    @Inject(ColdStarts) private readonly coldStarts: ColdStarts,
  ) {}

  /** What stands in the URL is wanted from the first moment. */
  handleConnection(session: Session): void {
    try {
      this.subscriptions.add(session, session.entry.names);
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      // There was room for it at the door.
      session.close(CLOSE.noRoom, error.message.slice(0, 120));
    }
  }

  handleDisconnect(session: Session): void {
    this.subscriptions.remove(session, session.streams.keys());
  }

  /** Frames come from now on; the answer waits until Binance has acknowledged what is new. */
  @SubscribeMessage('SUBSCRIBE')
  async subscribe(
    @ConnectedSocket() session: Session,
    @MessageBody('data') { params }: ControlOf<'SUBSCRIBE'>,
  ): Promise<null> {
    const streams = this.subscriptions.add(session, readStreams(session, params));
    await this.coldStarts.answered(session, streams);
    return null;
  }

  @SubscribeMessage('UNSUBSCRIBE')
  unsubscribe(@ConnectedSocket() session: Session, @MessageBody('data') { params }: ControlOf<'UNSUBSCRIBE'>): null {
    this.subscriptions.remove(session, params);
    return null;
  }

  @SubscribeMessage('LIST_SUBSCRIPTIONS')
  list(@ConnectedSocket() session: Session): StreamName[] {
    return [...session.streams.keys()];
  }

  @SubscribeMessage('SET_PROPERTY')
  setProperty(@ConnectedSocket() session: Session, @MessageBody('data') { params }: ControlOf<'SET_PROPERTY'>): null {
    this.subscriptions.setCombined(session, params[1]);
    return null;
  }

  @SubscribeMessage('GET_PROPERTY')
  getProperty(@ConnectedSocket() session: Session): boolean {
    return session.isCombined;
  }
}

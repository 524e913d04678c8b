import { Inject, UseFilters } from '@nestjs/common';
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
import type { Session } from '../session.js';
import { Subscriptions } from '../streams/subscriptions.js';
import { CommandErrorsFilter } from './command-errors.filter.js';

type Request<M extends ControlRequest['method']> = Extract<ControlRequest, { method: M }>;

/** Binance's control messages, already checked by their decoder; `null` is the result of what has none. */
@WebSocketGateway({ path: '/ws' })
@UseFilters(CommandErrorsFilter)
export class BinanceGateway implements OnGatewayConnection<Session>, OnGatewayDisconnect<Session> {
  constructor(@Inject(Subscriptions) private readonly subscriptions: Subscriptions) {}

  /** Streams in the URL are wanted from the first moment; their names were checked before the upgrade. */
  handleConnection(session: Session): void {
    try {
      this.subscriptions.add(session, session.entry.streams);
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      session.close(CLOSE.tooManyStreams, error.message.slice(0, 120));
    }
  }

  handleDisconnect(session: Session): void {
    this.subscriptions.removeAll(session);
  }

  @SubscribeMessage('SUBSCRIBE')
  subscribe(@ConnectedSocket() session: Session, @MessageBody('data') { params }: Request<'SUBSCRIBE'>): null {
    this.subscriptions.add(session, params);
    return null;
  }

  @SubscribeMessage('UNSUBSCRIBE')
  unsubscribe(@ConnectedSocket() session: Session, @MessageBody('data') { params }: Request<'UNSUBSCRIBE'>): null {
    this.subscriptions.remove(session, params);
    return null;
  }

  @SubscribeMessage('LIST_SUBSCRIPTIONS')
  list(@ConnectedSocket() session: Session): StreamName[] {
    return [...session.streams];
  }

  @SubscribeMessage('SET_PROPERTY')
  setProperty(@ConnectedSocket() session: Session, @MessageBody('data') { params }: Request<'SET_PROPERTY'>): null {
    this.subscriptions.setCombined(session, params[1]);
    return null;
  }

  @SubscribeMessage('GET_PROPERTY')
  getProperty(@ConnectedSocket() session: Session): boolean {
    return session.isCombined;
  }
}

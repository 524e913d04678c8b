import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { type Observable, catchError, map, of } from 'rxjs';
import { HoldfastError, notOk, ok } from '#libs/core';
import { internalError } from '../door/command-desk.js';
import type { Outcome } from '../door/wire/wire.js';

/** Makes one value of whatever a handler does, its pipes included: the reply, or why it was refused. Nothing is thrown on. */
export class OutcomeInterceptor implements NestInterceptor<unknown, Outcome> {
  intercept(_context: ExecutionContext, handler: CallHandler<unknown>): Observable<Outcome> {
    return handler.handle().pipe(
      map((reply) => ok(reply)),
      catchError((error: unknown) => of(notOk(error instanceof HoldfastError ? error : internalError(error)))),
    );
  }
}

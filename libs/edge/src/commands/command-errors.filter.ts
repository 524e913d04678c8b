import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, ValidationPipe } from '@nestjs/common';
import { HoldfastError } from '#libs/core';
import { LOG, type Log } from '#libs/runtime';
import { Sessions } from '../sessions.js';
import type { Session } from '../session.js';
import type { Command } from '../wire/wire.js';

/** Checks commands' data against its class; what is wrong becomes one `bad-command`. */
export const commandPipe = (): ValidationPipe =>
  new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    stopAtFirstError: true,
    exceptionFactory: (errors) => {
      const found = errors.flatMap(({ constraints }) => Object.values(constraints ?? {}));
      return new HoldfastError('bad-command', found.join('; ').replaceAll('property ', ''));
    },
  });

/** Answers a command that a handler refused, on the client's wire. */
@Catch()
export class CommandErrorsFilter implements ExceptionFilter {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(LOG) private readonly log: Log,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const session = host.switchToWs().getClient<Session>();
    const { id } = host.switchToWs().getData<Command>();
    this.sessions.refuse(session, this.known(error), id);
  }

  private known(error: unknown): HoldfastError {
    if (error instanceof HoldfastError) return error;
    this.log.error({ code: 'edge.command-failed', err: error }, 'a command failed because of a bug');
    return new HoldfastError('internal', 'this edge made a mistake; the command may or may not have been carried out');
  }
}

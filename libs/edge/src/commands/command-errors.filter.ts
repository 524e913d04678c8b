import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, ValidationPipe } from '@nestjs/common';
import { HoldfastError } from '#libs/core';
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
  constructor(@Inject(Sessions) private readonly sessions: Sessions) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { id } = host.switchToWs().getData<Command>();
    this.sessions.failed(host.switchToWs().getClient<Session>(), error, id);
  }
}

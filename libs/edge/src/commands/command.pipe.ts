import { ValidationPipe } from '@nestjs/common';
import { HoldfastError } from '#libs/core';

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

import { IsIn, IsInt, IsNotEmpty, IsString, Max, Min } from 'class-validator';
import type { LogLevel } from '../log.js';
import { integer, text } from './readers.js';
import { Setting } from './setting.js';

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'];

/** Where operators look, and how much is logged. */
export class OpsSettings {
  @Setting({
    env: 'HOLDFAST_OPS_HOST',
    read: text,
    expected: 'a host name or an IP address',
    says: 'Address of the operators’ HTTP server: status page, health, readiness, metrics, commands. It has no authentication.',
  })
  @IsString()
  @IsNotEmpty()
  opsHost: string = '127.0.0.1';

  @Setting({
    env: 'HOLDFAST_OPS_PORT',
    read: integer,
    expected: 'a port from 0 to 65535 (0 takes a free one)',
    says: 'Port of the operators’ HTTP server.',
  })
  @Max(65_535)
  @Min(0)
  @IsInt()
  opsPort: number = 9464;

  @Setting({
    env: 'HOLDFAST_LOG_LEVEL',
    read: text,
    expected: `one of ${LEVELS.join(', ')}`,
    says: 'The least serious log lines that are written.',
  })
  @IsIn(LEVELS)
  logLevel: LogLevel = 'info';
}

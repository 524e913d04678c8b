import { IsBoolean, IsIn, IsInt, IsNotEmpty, IsString, Max, Min } from 'class-validator';
import type { Millis } from '#libs/core';
import type { LogLevel } from '../log/log.js';
import { host, integer, text, yesOrNo } from './readers.js';
import { Setting } from './setting.js';

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'];

/** Where operators look, and how much is logged. */
export class OpsSettings {
  @Setting({
    env: 'HOLDFAST_OPS_HOST',
    read: host,
    expected: 'a host name or an IP address',
    says: 'Address of the operators’ HTTP server: status page, health, readiness, metrics, commands. It has no authentication, so anything but loopback needs HOLDFAST_OPS_ALLOW_PUBLIC=yes.',
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
    env: 'HOLDFAST_OPS_ALLOW_PUBLIC',
    read: yesOrNo,
    expected: 'yes or no',
    says: 'Yes: operators’ pages and commands are on an address that other machines reach, although nobody is asked who they are. A firewall or NetworkPolicy is then yours to keep.',
  })
  @IsBoolean()
  opsAllowPublic: boolean = false;

  @Setting({
    env: 'HOLDFAST_LOG_LEVEL',
    read: text,
    expected: `one of ${LEVELS.join(', ')}`,
    says: 'The least serious log lines that are written.',
  })
  @IsIn(LEVELS)
  logLevel: LogLevel = 'info';
  @Setting({
    env: 'HOLDFAST_WARM_UP_MS',
    read: integer,
    expected: 'a number of milliseconds from 0 to 10000',
    says: 'For how long a process runs made-up messages through its own code before it starts, so that the first real ones meet code that V8 has compiled. 0: it starts at once, and is slower for its first seconds.',
  })
  @Max(10_000)
  @Min(0)
  @IsInt()
  warmUpMs: Millis = 200;
}

import { IsInt, IsNotEmpty, IsOptional, IsString, Max, Min } from 'class-validator';
import { parseArgs } from 'node:util';
import { type Environment, Setting, integer, readSettings, settingsOf, text } from '#libs/runtime';
import type { SimulatorOptions } from '#libs/simulator';

const decimal = (given: string): number | undefined =>
  /^\d{1,9}(\.\d{1,6})?$/.test(given.trim()) ? Number(given) : undefined;

/** How the simulator is started. Each setting is an environment variable and a flag: `SIMULATOR_PORT`, `--port`. */
export class SimulatorSettings {
  @Setting({
    env: 'SIMULATOR_HOST',
    read: text,
    expected: 'a host name or an IP address',
    says: 'Address of both ports. The control port has no authentication.',
  })
  @IsString()
  @IsNotEmpty()
  host: string = '127.0.0.1';

  @Setting({
    env: 'SIMULATOR_PORT',
    read: integer,
    expected: 'a port from 0 to 65535 (0 takes a free one)',
    says: 'Port of streams and REST.',
  })
  @Max(65_535)
  @Min(0)
  @IsInt()
  port: number = 9543;

  @Setting({
    env: 'SIMULATOR_CONTROL_PORT',
    read: integer,
    expected: 'a port from 0 to 65535 (0 takes a free one)',
    says: 'Port on which incidents are struck.',
  })
  @Max(65_535)
  @Min(0)
  @IsInt()
  controlPort: number = 9544;

  @Setting({
    env: 'SIMULATOR_SYMBOLS',
    read: integer,
    expected: 'a number from 1 to 3000',
    says: 'How many symbols the market has.',
  })
  @Max(3_000)
  @Min(1)
  @IsInt()
  symbols: number = 6;

  @Setting({
    env: 'SIMULATOR_PACE',
    read: decimal,
    expected: 'a number from 0.001 to 1000',
    says: 'Multiplies how much happens per second.',
  })
  @Max(1_000)
  @Min(0.001)
  pace: number = 1;

  @Setting({
    env: 'SIMULATOR_SEED',
    read: integer,
    expected: 'a number from 0 to 4294967295',
    says: 'Another seed makes another market.',
  })
  @Max(4_294_967_295)
  @Min(0)
  @IsInt()
  seed: number = 1;

  @Setting({
    env: 'SIMULATOR_LIFETIME_S',
    read: integer,
    expected: 'a number of seconds from 1 to 86400',
    says: 'Age at which a connection is cut.',
  })
  @Max(86_400)
  @Min(1)
  @IsInt()
  lifetimeS: number = 86_400;

  @Setting({
    env: 'SIMULATOR_DATABASE_LAG_MS',
    read: integer,
    expected: 'a number of milliseconds from 0 to 600000',
    says: 'Rows younger than this are missing from REST answers that Binance gives from its database.',
  })
  @Max(600_000)
  @Min(0)
  @IsInt()
  databaseLagMs: number = 0;

  @Setting({
    env: 'SIMULATOR_REPLAY',
    read: text,
    expected: 'a path to a JSONL file of combined frames',
    says: 'Frames from this recording instead of a market.',
  })
  @IsOptional()
  @IsNotEmpty()
  replay?: string;

  @Setting({
    env: 'SIMULATOR_REPLAY_SPEED',
    read: decimal,
    expected: 'a number from 0.001 to 1000',
    says: 'Speed of a replay; 1 is the original one.',
  })
  @Max(1_000)
  @Min(0.001)
  replaySpeed: number = 1;
}

/** The flag of a setting: `--control-port` for `SIMULATOR_CONTROL_PORT`. */
const flagOf = (env: string): string => env.replace('SIMULATOR_', '').toLowerCase().replaceAll('_', '-');

/** What `--help` prints: every flag with its sentence, what is expected, and the default. */
export function usage(): string {
  const defaults = new SimulatorSettings();
  const lines = [...settingsOf(SimulatorSettings)].map(([property, { env, says, expected }]) => {
    const usual = Reflect.get(defaults, property) as string | number | undefined;
    return `  --${flagOf(env)}\n      ${says} Expects ${expected}.${usual === undefined ? '' : ` Default ${usual}.`}`;
  });
  return `npm run sim -- [flags]\n\nA fake Binance on this machine. Each flag is an environment variable too (--port is SIMULATOR_PORT).\n\n${lines.join('\n')}`;
}

/** A flag that does not exist; the message names it. */
export class UnknownFlagError extends Error {
  override readonly name = 'UnknownFlagError';
}

/**
 * Reads flags and environment; a flag goes before its variable. `undefined` when help was asked for.
 *
 * @throws UnknownFlagError for an unknown flag, SettingsError for a bad value.
 */
export function readSimulatorConfig(
  environment: Environment,
  flags: readonly string[],
): Readonly<SimulatorSettings> | undefined {
  const known = [...settingsOf(SimulatorSettings).values()].map(({ env }) => env);
  const options = Object.fromEntries(known.map((env) => [flagOf(env), { type: 'string' as const }]));
  const { values } = parse(flags, { ...options, help: { type: 'boolean' as const } });
  if (values['help']) return undefined;
  const given = known.map((env) => [env, values[flagOf(env)]] as const);
  const texts = given.filter((pair): pair is readonly [string, string] => typeof pair[1] === 'string');
  return readSettings({ simulator: SimulatorSettings }, { ...environment, ...Object.fromEntries(texts) }).simulator;
}

function parse(args: readonly string[], options: Record<string, { type: 'string' | 'boolean' }>) {
  try {
    return parseArgs({ args: [...args], options, strict: true });
  } catch (error) {
    throw new UnknownFlagError((error as Error).message);
  }
}

/** The options that the settings stand for. */
export function simulatorOptions(settings: Readonly<SimulatorSettings>): SimulatorOptions {
  const { host, port, controlPort, symbols, pace, seed, lifetimeS, databaseLagMs, replay, replaySpeed } = settings;
  return {
    host,
    port,
    controlPort,
    symbols,
    pace,
    seed,
    databaseLagMs,
    limits: { lifetimeMs: lifetimeS * 1_000 },
    ...(replay === undefined ? {} : { replay: { file: replay, speed: replaySpeed } }),
  };
}

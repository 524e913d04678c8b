import { parseArgs } from 'node:util';

/** What the command line of the demo asked for. */
export type DemoConfig =
  | { show: 'help' }
  | { show: 'version' }
  | { show: 'incidents'; clients: number; forMs?: number }
  | { show: 'replay'; file: string; speed: number; forMs: number };

/** The command line is not what it should be; the message says what was expected. */
export class DemoUsageError extends Error {
  override readonly name = 'DemoUsageError';
}

export const USAGE = `npm run demo -- [--for SECONDS] [--clients N]
npm run demo -- --replay FILE.jsonl [--speed N] [--for SECONDS]

Starts a simulated Binance, a gateway and clients on free ports of this machine; needs no network.

  --for SECONDS     end after so long; without it, Ctrl-C ends the demo with a summary
  --clients N       how many clients watch, 2 to 500 (default 50)
  --replay FILE     send recorded frames (JSONL, combined form) instead of a market, and compare what arrives
  --speed N         replay so many times as fast as recorded (default 1)

Exit code 0: no client was disconnected, nothing was missing, came twice or out of order, or was not true
(with --replay: every frame arrived as it was sent). 1: something did. 64: the command line is wrong.`;

/** Reads the command line. @throws DemoUsageError */
export function readDemoConfig(args: readonly string[]): DemoConfig {
  const values = parse(args);
  if (values.help) return { show: 'help' };
  if (values.version) return { show: 'version' };
  const forMs = values.for === undefined ? undefined : 1_000 * numberOf('--for', values.for, 1, 86_400);
  if (values.replay !== undefined) {
    const speed = values.speed === undefined ? 1 : numberOf('--speed', values.speed, 0.01, 1_000);
    return { show: 'replay', file: values.replay, speed, forMs: forMs ?? 86_400_000 };
  }
  if (values.speed !== undefined) throw new DemoUsageError('--speed is for --replay only');
  const clients = values.clients === undefined ? 50 : Math.round(numberOf('--clients', values.clients, 2, 500));
  return { show: 'incidents', clients, ...(forMs === undefined ? {} : { forMs }) };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        for: { type: 'string' },
        clients: { type: 'string' },
        replay: { type: 'string' },
        speed: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'V' },
      },
    });
    return values;
  } catch (error) {
    throw new DemoUsageError((error as Error).message);
  }
}

function numberOf(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most) return value;
  throw new DemoUsageError(`${flag} is "${text}": expected a number from ${least} to ${most}`);
}

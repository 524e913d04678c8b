import type { Market, ParsedStream } from '#libs/binance';
import { SettingsError, type UpstreamSettings } from '#libs/runtime';
import { windowProblem } from './rotation/schedule.js';

/**
 * What can be judged only with the market at hand.
 *
 * @returns the streams that are always on.
 * @throws SettingsError naming every stream of HOLDFAST_STREAMS that is none, and a rotation window that cannot be met.
 */
export function checkUpstream(settings: Readonly<UpstreamSettings>, market: Market): readonly ParsedStream[] {
  const problems: string[] = [];
  const always: ParsedStream[] = [];
  for (const name of settings.streams) {
    const parsed = market.parse(name);
    if (parsed.ok) always.push(parsed.value);
    else problems.push(`HOLDFAST_STREAMS names a stream that does not exist: ${parsed.problem.message}`);
  }
  const window = windowProblem(settings, market.limits);
  if (window) problems.push(window);
  if (problems.length > 0) throw new SettingsError(problems);
  return always;
}

import type { Market, ParsedStream } from '#libs/binance';
import { proxyProblems, restUrls } from '#libs/rest';
import { SettingsError, type UpstreamSettings } from '#libs/runtime';
import { windowProblem } from './rotation/schedule.js';

/**
 * What can be judged only with the market at hand.
 *
 * @returns the streams that are always on.
 * @throws SettingsError naming every stream of HOLDFAST_STREAMS that is none, and settings that contradict each other.
 */
export function checkUpstream(settings: Readonly<UpstreamSettings>, market: Market): readonly ParsedStream[] {
  const problems: string[] = [];
  const always: ParsedStream[] = [];
  for (const name of settings.streams) {
    const parsed = market.parse(name);
    if (parsed.ok) always.push(parsed.value);
    else problems.push(`HOLDFAST_STREAMS names a stream that does not exist: ${parsed.problem.message}`);
  }
  if (settings.streams.length > settings.maxStreams) {
    problems.push(
      `HOLDFAST_STREAMS has ${settings.streams.length} streams and HOLDFAST_UPSTREAM_MAX_STREAMS is ${settings.maxStreams}: expected room for all that are always on`,
    );
  }
  const window = windowProblem(settings, market.limits);
  if (window) problems.push(window);
  problems.push(...proxyProblems(settings, [settings.wsUrl ?? market.urls.stream, ...restUrls(settings, market)]));
  if (problems.length > 0) throw new SettingsError(problems);
  return always;
}

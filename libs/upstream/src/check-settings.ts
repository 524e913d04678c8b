import type { Market, ParsedStream } from '#libs/binance';
import { SettingsError, type UpstreamSettings } from '#libs/runtime';
import { proxyFor } from './dial/proxy.js';
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
  problems.push(...proxyProblems(settings, market));
  if (problems.length > 0) throw new SettingsError(problems);
  return always;
}

/** Of all that is reached; one proxy is named once. */
function proxyProblems(settings: Readonly<UpstreamSettings>, { urls }: Market): string[] {
  const rest = settings.restUrl === undefined ? urls.rest.map(({ url }) => url) : [settings.restUrl];
  const reached = [settings.wsUrl ?? urls.stream, ...rest];
  return [...new Set(reached.flatMap((url) => proxyProblem(settings, url)))];
}

function proxyProblem(settings: Readonly<UpstreamSettings>, url: string): string[] {
  try {
    proxyFor(settings, new URL(url));
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.lines;
    throw error;
  }
}

import type { Stage } from '#libs/drill';
import { until } from './until.js';

/** Resolves when every stream of a stage has brought something more, everybody has got some of it, and all is live. */
export async function everyStreamFlows(stage: Stage): Promise<void> {
  const messages = (): number[] => stage.crew.summary().streams.map((stream) => stream.messages);
  const before = messages();
  await until(() => messages().every((count, at) => count > (before[at] ?? 0)), {
    deadlineMs: 10_000,
    what: 'data on every stream',
  });
  await stage.flows();
}

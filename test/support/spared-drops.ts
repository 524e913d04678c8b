import { systemClock as clock } from '#libs/runtime';
import type { NoGapsStage } from './no-gaps-stage.js';
import { until } from './until.js';

/** Where keepers ask from; everybody else is the gateway. */
const KEEPERS = '127.0.0.2';

/**
 * Drops one of two lines again and again, each time when both carry everything. Resolves with the requests that the gateway made
 * meanwhile, in words.
 */
export async function sparedDrops({ simulator, stage }: NoGapsStage, drops: number): Promise<string[]> {
  const asked = (): string[] =>
    simulator.restRequests.flatMap(({ address, path, query }) => (address === KEEPERS ? [] : `${path}?${query}`));
  // Books are fetched at the start, the deeper levels last.
  await quiet(() => asked().length);
  const before = asked().length;
  for (let drop = 0; drop < drops; drop += 1) {
    await until(() => isDoubled(simulator), { deadlineMs: 30_000, what: 'a line and its spare' });
    simulator.strike({ name: drop % 2 === 0 ? 'reset' : 'close', share: drop % 3 === 0 ? 'newest' : 'oldest' });
    await stage.flows();
  }
  return asked().slice(before);
}

/** So long after it opened a line has been read by a gateway that shares its process with the simulator. */
const READ_MS = 300;

/** Both lines carry everything, and have done so for a moment: one that is cut with its first bytes unread was no spare. */
function isDoubled({ connections }: NoGapsStage['simulator']): boolean {
  const open = connections.filter(({ isOpen }) => isOpen);
  if (open.some(({ openedAt }) => clock.now() - openedAt < READ_MS)) return false;
  const streams = Math.max(...open.map(({ subscriptions }) => subscriptions.size));
  return (
    open.length === 2 && open.every(({ subscriptions, sent }) => subscriptions.size === streams && sent.frames > 50)
  );
}

/** Resolves when a number has stayed the same for two seconds. */
async function quiet(count: () => number): Promise<void> {
  let [seen, since] = [-1, 0];
  await until(
    () => {
      if (count() !== seen) [seen, since] = [count(), performance.now()];
      return performance.now() - since > 2_000;
    },
    { deadlineMs: 30_000, what: 'no request for two seconds' },
  );
}

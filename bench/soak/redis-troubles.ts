import { fileURLToPath } from 'node:url';
import { setTimeout as passes } from 'node:timers/promises';
import { edgeInside } from '../../test/support/balanced-edges.js';
import { Rolling } from '../../test/support/rolling.js';

const EDGES = 3;
const CLIENTS = 600;
const PAUSE_MS = 6_000;

/**
 * Kills Redis so many times, and stops it for six seconds as often, while 600 clients of the SDK are served by three edges. Resolves with
 * whether nobody was disconnected, missed anything without a word, or was told of a gap: the upstream has what they have missed.
 */
export async function soakRedis(times: number): Promise<boolean> {
  const rolling = await Rolling.start({
    dist: fileURLToPath(new URL('../..', import.meta.url)),
    clients: CLIENTS,
    edges: EDGES,
    startEdge: edgeInside,
    kinds: ['trade', 'depth@100ms'],
    symbols: 10,
    pace: 0.5,
  });
  const { redis } = rolling;
  for (let done = 1; done <= times; done += 1) {
    await redis.restart();
    await rolling.flows();
    redis.freeze();
    await passes(PAUSE_MS);
    redis.thaw();
    await rolling.flows();
    console.log(`${done} of ${times}: killed, and stopped for ${PAUSE_MS / 1_000} s; ${rolling.messages} messages`);
  }
  const complaints = await rolling.complaints();
  const { gaps, messages } = rolling;
  const told = [...gaps.values()].reduce((sum, count) => sum + count, 0);
  await rolling.stop();
  console.log(
    `Redis killed ${times} times and stopped ${times} times for ${PAUSE_MS / 1_000} s, ${EDGES} edges, ${CLIENTS} clients of the SDK, ` +
      `${messages} messages: ${told} gaps announced, ${complaints.length === 0 ? 'nobody complains' : 'complaints:'}`,
  );
  for (const complaint of complaints) console.log(`  ${complaint}`);
  return complaints.length === 0 && told === 0;
}

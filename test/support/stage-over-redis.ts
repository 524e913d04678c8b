import { Stage, type StageParts, startStandalone } from '#libs/drill';
import { systemClock as clock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { BRISK } from '../stories/brisk.js';
import { startEdge } from './start-edge.js';

/** An upstream and an edge in this process, each with a way to Redis of its own, or the same; clients of brisk streams. */
export async function stageOverRedis(
  urls: Record<'upstream' | 'edge', string>,
  onlooker: Pick<StageParts, 'onlooker'> = {},
): Promise<Stage> {
  const simulator = await Simulator.start({ clock, pace: 3, symbols: 2 });
  const reading = await startStandalone(simulator, { bus: { redisUrl: urls.upstream } });
  const serving = await startEdge({ lingerMs: 1_000, bookOwnSnapshotMs: 200 }, { redisUrl: urls.edge });
  const gateway = {
    url: serving.wsUrl,
    opsUrl: reading.opsUrl,
    stop: async () => {
      await serving.stop();
      await reading.stop();
    },
  };
  return new Stage({ clock, simulator, gateway, clients: 4, menus: BRISK, ...onlooker });
}

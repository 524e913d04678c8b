import { existsSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, the longest first: begun last, one of them would run on when all others are through. */
const LONGEST = [
  'test/stories/standby-hostile.redis.test.ts',
  'test/stories/standby.redis.test.ts',
  'test/deploy/processes.loopback.test.ts',
  'test/stories/page.redis.test.ts',
  'test/stories/cut-frames.loopback.test.ts',
  'test/stories/two-processes.redis.test.ts',
  'test/stories/kubernetes.redis.test.ts',
  'test/stories/drills.loopback.test.ts',
  'test/stories/public-clients.loopback.test.ts',
  'test/stories/restarts.redis.test.ts',
  'test/stories/rolling.redis.test.ts',
  'test/stories/readme.redis.test.ts',
  'test/stories/command-line.loopback.test.ts',
  'test/stories/listings.loopback.test.ts',
  'libs/upstream/src/silence.loopback.test.ts',
  'libs/bus/src/redis/sentinels.redis.test.ts',
  'libs/bus/src/redis/cluster/shards.redis.test.ts',
  'test/package/client-package.loopback.test.ts',
  'libs/upstream/src/rotation.loopback.test.ts',
  'libs/upstream/src/repair/filling.loopback.test.ts',
  'libs/bus/src/redis/pubsub/liveness.redis.test.ts',
  'test/stories/hostile-redis.redis.test.ts',
  'test/stories/no-gaps.loopback.test.ts',
  'libs/upstream/src/pool/rebalancing.loopback.test.ts',
  'test/stories/kills.redis.test.ts',
  'libs/upstream/src/spare/spare.loopback.test.ts',
  'libs/upstream/src/endings.loopback.test.ts',
  'test/deploy/log-readers.loopback.test.ts',
  'test/stories/hostile-machine.loopback.test.ts',
  'test/deploy/proxy.loopback.test.ts',
  'bench/main.loopback.test.ts',
  'test/deploy/what-people-see.loopback.test.ts',
  'test/stories/recorded-frames.loopback.test.ts',
  'libs/edge/src/caught-up.loopback.test.ts',
  'test/stories/recipe-alone.loopback.test.ts',
  'test/deploy/image.loopback.test.ts',
  'libs/upstream/src/waits.loopback.test.ts',
  'test/stories/weight.loopback.test.ts',
  'test/deploy/open-files.loopback.test.ts',
];

const gone = LONGEST.filter((name) => !existsSync(name));
if (gone.length > 0) throw new Error(`longest-first.ts names files that are not there: ${gone.join(', ')}`);

/** Project by project, as their groups have it; in each of them begins what takes longest, the others by their size. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const ranked = files.map((file) => ({ file, group: groupOf(file), rank: rankOf(file), size: sizeOf(file) }));
    ranked.sort((a, b) => a.group - b.group || a.rank - b.rank || b.size - a.size);
    return Promise.resolve(ranked.map(({ file }) => file));
  }
}

const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;

const sizeOf = ({ moduleId }: TestSpecification): number => statSync(moduleId).size;

function rankOf({ moduleId, project }: TestSpecification): number {
  const place = LONGEST.indexOf(relative(project.vitest.config.root, moduleId));
  return place === -1 ? LONGEST.length : place;
}

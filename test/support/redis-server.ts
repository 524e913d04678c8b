import { startRedis } from './start-redis.js';

/**
 * Vitest's global setup of the `redis` project: gives the tests a Redis in `HOLDFAST_TEST_REDIS_URL`, their own unless
 * the variable names one already.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['HOLDFAST_TEST_REDIS_URL']) return undefined;
  const redis = await startRedis();
  process.env['HOLDFAST_TEST_REDIS_URL'] = redis.url;
  return () => redis.stop();
}

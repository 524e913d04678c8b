import { spot } from '#libs/binance';
import {
  Access,
  AccessSettings,
  BusSettings,
  type Environment,
  OpsSettings,
  SettingsError,
  UpstreamSettings,
  readSettings,
  refusePublicOps,
  shownSettings,
} from '#libs/runtime';
import { checkUpstream } from '#libs/upstream';

/** All settings of the upstream process. */
export type UpstreamConfig = ReturnType<typeof readUpstreamConfig>;

/**
 * Reads the settings of an upstream that works for edges in other processes.
 *
 * @throws SettingsError also when there is no Redis to reach them by.
 */
export function readUpstreamConfig(environment: Environment) {
  const sections = { access: AccessSettings, upstream: UpstreamSettings, bus: BusSettings, ops: OpsSettings };
  const config = readSettings(sections, environment);
  const access = new Access(config.access);
  checkUpstream(config.upstream, spot);
  refusePublicOps(config.ops);
  if (config.bus.redisUrl === undefined) {
    throw new SettingsError([
      'HOLDFAST_REDIS_URL is not set: expected a URL like redis://host:6379, because edges in other processes are reached through Redis (npm start runs both roles in one process without it)',
    ]);
  }
  return { ...config, access, shown: shownSettings(sections, config, environment) };
}

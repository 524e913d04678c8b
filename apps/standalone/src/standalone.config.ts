import { spot } from '#libs/binance';
import { openTo, refusePublicHost } from '#libs/edge';
import {
  Access,
  AccessSettings,
  BusSettings,
  EdgeSettings,
  type Environment,
  OpsSettings,
  SettingsError,
  UpstreamSettings,
  readOpenFilesLimit,
  readSettings,
  refusePublicOps,
  refuseSharedPort,
  roomForConnections,
  shownSettings,
} from '#libs/runtime';
import { checkUpstream } from '#libs/upstream';

/** Settings of both roles in one process. */
export type StandaloneConfig = ReturnType<typeof readStandaloneConfig>;

/** @throws SettingsError naming every bad setting. */
export function readStandaloneConfig(environment: Environment) {
  const sections = {
    access: AccessSettings,
    bus: BusSettings,
    edge: EdgeSettings,
    upstream: UpstreamSettings,
    ops: OpsSettings,
  };
  const config = readSettings(sections, environment);
  checkUpstream(config.upstream, spot);
  if (config.upstream.standby && config.bus.redisUrl === undefined) {
    throw new SettingsError([
      'HOLDFAST_STANDBY is yes and HOLDFAST_REDIS_URL is not set: expected a URL like redis://host:6379, because upstreams stand by for each other through Redis',
    ]);
  }
  const access = new Access(config.access);
  const edge = openTo(config.edge, access);
  refusePublicHost(edge);
  refusePublicOps(config.ops);
  refuseSharedPort(config.edge, config.ops);
  const { maxStreams, streamsPerConnection } = config.upstream;
  const lines = Math.ceil(maxStreams / streamsPerConnection);
  const room = roomForConnections(config.edge.maxConnections, readOpenFilesLimit(), lines);
  const effective = { ...config, edge: { ...edge, maxConnections: room.taken } };
  return { ...effective, access, room, shown: shownSettings(sections, effective, environment) };
}

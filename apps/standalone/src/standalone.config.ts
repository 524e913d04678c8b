import { spot } from '#libs/binance';
import { refusePublicHost } from '#libs/edge';
import {
  BusSettings,
  EdgeSettings,
  type Environment,
  OpsSettings,
  UpstreamSettings,
  readOpenFilesLimit,
  readSettings,
  refusePublicOps,
  refuseSharedPort,
  roomForConnections,
} from '#libs/runtime';
import { checkUpstream } from '#libs/upstream';

/** Settings of both roles in one process. */
export type StandaloneConfig = ReturnType<typeof readStandaloneConfig>;

/** @throws SettingsError naming every bad setting. */
export function readStandaloneConfig(environment: Environment) {
  const sections = { bus: BusSettings, edge: EdgeSettings, upstream: UpstreamSettings, ops: OpsSettings };
  const config = readSettings(sections, environment);
  checkUpstream(config.upstream, spot);
  refusePublicHost(config.edge);
  refusePublicOps(config.ops);
  refuseSharedPort(config.edge, config.ops);
  const { maxStreams, streamsPerConnection } = config.upstream;
  const lines = Math.ceil(maxStreams / streamsPerConnection);
  const room = roomForConnections(config.edge.maxConnections, readOpenFilesLimit(), lines);
  return { ...config, room, edge: { ...config.edge, maxConnections: room.taken } };
}

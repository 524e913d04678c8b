import { checkRest, openTo, refusePublicHost } from '#libs/edge';
import {
  Access,
  AccessSettings,
  BinanceSettings,
  BusSettings,
  EdgeSettings,
  type Environment,
  OpsSettings,
  SettingsError,
  readOpenFilesLimit,
  readSettings,
  refusePublicOps,
  refuseSharedPort,
  roomForConnections,
  shownSettings,
} from '#libs/runtime';

/** Settings of the edge role. */
export type EdgeConfig = ReturnType<typeof readEdgeConfig>;

/** @throws SettingsError naming every bad setting. */
export function readEdgeConfig(environment: Environment) {
  const sections = {
    access: AccessSettings,
    bus: BusSettings,
    edge: EdgeSettings,
    binance: BinanceSettings,
    ops: OpsSettings,
  };
  const config = readSettings(sections, environment);
  checkRest(config.binance);
  const access = new Access(config.access);
  const edge = openTo(config.edge, access);
  refusePublicHost(edge);
  refusePublicOps(config.ops);
  refuseSharedPort(config.edge, config.ops);
  if (config.bus.redisUrl === undefined) {
    throw new SettingsError([
      'HOLDFAST_REDIS_URL is "": expected a URL like redis://host:6379, for the edge role hears its upstream over Redis',
    ]);
  }
  const room = roomForConnections(config.edge.maxConnections, readOpenFilesLimit(), NO_LINES);
  const effective = { ...config, edge: { ...edge, maxConnections: room.taken } };
  return { ...effective, access, room, shown: shownSettings(sections, effective, environment) };
}

/** The edge role has no connection to Binance. */
const NO_LINES = 0;

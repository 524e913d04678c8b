import { UwsAdapter } from '#libs/edge';
import { type Running, silentLog, start } from '#libs/runtime';
import { EdgeAppModule } from '../../../apps/edge/src/edge.module.js';
import { readEdgeConfig } from '../../../apps/edge/src/edge.config.js';
import { StandaloneModule } from '../../../apps/standalone/src/standalone.module.js';
import { readStandaloneConfig } from '../../../apps/standalone/src/standalone.config.js';
import { UpstreamAppModule } from '../../../apps/upstream/src/upstream.module.js';
import { readUpstreamConfig } from '../../../apps/upstream/src/upstream.config.js';

/** Settings of a role, as environment variables. */
type Given = Readonly<Record<string, string>>;

const FREE_PORTS = { HOLDFAST_PORT: '0', HOLDFAST_OPS_PORT: '0' };

const prepare = (app: Running['app']): void => void app.useWebSocketAdapter(app.get(UwsAdapter));

/** Both roles in this process, as `npm start` makes them. */
export function startStandaloneRole(given: Given): Promise<Running> {
  const config = readStandaloneConfig({ ...FREE_PORTS, ...given });
  const module = StandaloneModule.with(config, silentLog);
  const about = { role: 'standalone', room: config.room, settings: config.shown };
  return start({ module, ops: config.ops, log: silentLog, about, prepare });
}

export function startEdgeRole(given: Given): Promise<Running> {
  const config = readEdgeConfig({ ...FREE_PORTS, ...given });
  const about = { role: 'edge', room: config.room, settings: config.shown };
  return start({ module: EdgeAppModule.with(config, silentLog), ops: config.ops, log: silentLog, about, prepare });
}

export function startUpstreamRole(given: Given): Promise<Running> {
  const config = readUpstreamConfig({ HOLDFAST_OPS_PORT: '0', ...given });
  const about = { role: 'upstream', settings: config.shown };
  return start({ module: UpstreamAppModule.with(config, silentLog), ops: config.ops, log: silentLog, about });
}

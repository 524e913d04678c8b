import { MARKETS, type Market } from '#libs/binance';
import { BUS, type Bus, BusModule } from '#libs/bus';
import { Edge, EdgeModule, UwsAdapter } from '#libs/edge';
import {
  BusSettings,
  EdgeSettings,
  type Log,
  RuntimeModule,
  type Running,
  SERVICES,
  silentLog,
  start,
} from '#libs/runtime';

/** An edge of its own, with the bus it hears. */
export interface TestEdge extends Running {
  wsUrl: string;
  bus: Bus;
}

class TestEdgeModule {}

/** Starts an edge on free ports, on a memory bus or on Redis where a URL is given. It parts with its clients at once. */
export async function startEdge(
  settings: Partial<EdgeSettings> = {},
  { redisUrl, log = silentLog, markets = MARKETS }: { redisUrl?: string; log?: Log; markets?: readonly Market[] } = {},
): Promise<TestEdge> {
  const edgeSettings = Object.assign(new EdgeSettings(), { port: 0, drainGraceMs: 0 }, settings);
  const busSettings = Object.assign(new BusSettings(), redisUrl && { redisUrl });
  const running = await start({
    module: {
      module: TestEdgeModule,
      imports: [RuntimeModule.with(log), BusModule.with(busSettings), EdgeModule.with(edgeSettings, markets)],
      providers: [{ provide: SERVICES, useFactory: (bus: Bus, edge: Edge) => [bus, edge], inject: [BUS, Edge] }],
    },
    ops: { opsHost: '127.0.0.1', opsPort: 0 },
    log,
    prepare: (app) => void app.useWebSocketAdapter(app.get(UwsAdapter)),
  });
  return { ...running, wsUrl: running.app.get(Edge).url, bus: running.app.get<Bus>(BUS) };
}

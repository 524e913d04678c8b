import { MARKETS, type Market } from '#libs/binance';
import { BUS, type Bus, BusModule } from '#libs/bus';
import { Edge, EdgeModule, UwsAdapter } from '#libs/edge';
import { OpsPage, OpsPageModule } from '#libs/ops';
import {
  Access,
  AccessSettings,
  BinanceSettings,
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

/** Nobody answers there: no test asks Binance itself. */
const NOWHERE = { restUrl: 'http://127.0.0.1:9' };

interface TestEdgeOptions {
  redisUrl?: string;
  /** Where the exchange is. */
  binance?: Partial<BinanceSettings>;
  log?: Log;
  markets?: readonly Market[];
  access?: Partial<AccessSettings>;
  /** Whether it has the operators' page, which `holdfast status` reads. */
  hasPage?: true;
}

/** Starts an edge on free ports, on a memory bus or on Redis where a URL is given. It parts with its clients at once. */
export async function startEdge(
  settings: Partial<EdgeSettings> = {},
  { redisUrl, binance = NOWHERE, log = silentLog, markets = MARKETS, access = {}, hasPage }: TestEdgeOptions = {},
): Promise<TestEdge> {
  const edgeSettings = Object.assign(new EdgeSettings(), { port: 0, drainGraceMs: 0 }, settings);
  const binanceSettings = Object.assign(new BinanceSettings(), binance);
  const whoMayCome = new Access(Object.assign(new AccessSettings(), access));
  const busSettings = Object.assign(new BusSettings(), redisUrl && { redisUrl });
  const running = await start({
    module: {
      module: TestEdgeModule,
      imports: [
        RuntimeModule.with(log, whoMayCome),
        BusModule.with(busSettings),
        ...(hasPage ? [OpsPageModule] : []),
        EdgeModule.with(edgeSettings, binanceSettings, markets),
      ],
      providers: [
        {
          provide: SERVICES,
          useFactory: (bus: Bus, edge: Edge, page?: OpsPage) => [bus, ...(page ? [page] : []), edge],
          inject: [BUS, Edge, ...(hasPage ? [OpsPage] : [])],
        },
      ],
    },
    ops: { opsHost: '127.0.0.1', opsPort: 0 },
    log,
    prepare: (app) => void app.useWebSocketAdapter(app.get(UwsAdapter)),
  });
  return { ...running, wsUrl: running.app.get(Edge).url, bus: running.app.get<Bus>(BUS) };
}

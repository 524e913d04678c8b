import { Crew, sum } from '#libs/drill';
import { Simulator } from '#libs/simulator';
import type { Answer, Order, WorldReport } from './messages.js';

/** Kinds of streams, in the order in which they are taken until there are enough. */
const KINDS = ['trade', 'aggTrade', 'depth@100ms', 'bookTicker', 'kline_1s'];

const tell = (answer: Answer): void => void process.send?.(answer);

/**
 * The other side of the soak, in a process of its own so that the gateway's memory and sockets are measured alone: a
 * simulator, and clients on both protocols that check every id.
 */
export async function runWorld(streams: number): Promise<void> {
  const symbols = Math.ceil(streams / KINDS.length);
  const limits = { attempts: 1_000_000, pingEveryMs: 1_000, pongWithinMs: 30_000 };
  const simulator = await Simulator.start({ symbols, limits, pace: 3, historyMs: 1_000 });
  let crew: Crew | undefined;
  process.on('message', (order: Order) => {
    switch (order.say) {
      case 'clients':
        crew = newCrew(order.url, symbols, simulator);
        return void crew.start().then(() => tell({ say: 'served' }));
      case 'script':
        return simulator.script([order.step]);
      case 'report':
        return crew && tell({ say: 'report', report: reportOf(crew, simulator) });
      case 'stop':
        return void stop(crew, simulator);
    }
  });
  tell({ say: 'simulator', wsUrl: simulator.wsUrl, restUrl: simulator.restUrl });
}

function newCrew(url: string, symbols: number, simulator: Simulator): Crew {
  const names = simulator.market.instruments.map(({ spec }) => spec.symbol);
  return new Crew({ url, clients: symbols * 2, symbols: names, menus: [KINDS] });
}

function reportOf(crew: Crew, simulator: Simulator): WorldReport {
  const { streams, messages, disconnects } = crew.summary();
  return {
    messages,
    clients: crew.watchers.length,
    streams: streams.length,
    disconnects,
    lost: sum(streams, 'missing'),
    gaps: sum(streams, 'gaps'),
    doubled: sum(streams, 'doubled'),
    reordered: sum(streams, 'reordered'),
    brokenPlaces: sum(streams, 'brokenPlaces'),
    violations: simulator.violations.map(({ rule, detail }) => `${rule}: ${detail}`),
    openConnections: simulator.connections.filter(({ isOpen }) => isOpen).length,
    attempts: simulator.attempts.length,
  };
}

async function stop(crew: Crew | undefined, simulator: Simulator): Promise<void> {
  await crew?.stop();
  await simulator.stop();
  process.disconnect();
}

import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { spot } from '#libs/binance';
import { type Cancel, DEMAND_EVERY_MS, type StreamName, encodeDemand } from '#libs/core';
import { systemClock } from '#libs/runtime';
import { Simulator } from '#libs/simulator';
import { MortalUpstream, type MortalOptions } from './mortal-upstream.js';
import { type TestEdge, startEdge } from './start-edge.js';

const QUICK = { lagMs: 100, settleMs: 1_100, answersMs: 100, tickMs: 20 };

/** Several upstreams of one exchange on the bus of one edge, all in this process, and a REST API that answers nobody. */
export class StandbyStage {
  /** What that was asked, in the order of the questions. */
  readonly asked: string[] = [];
  readonly closedRest: Server;
  private readonly ones: MortalUpstream[] = [];
  private cancelDemand: Cancel = () => undefined;

  private constructor(
    readonly simulator: Simulator,
    readonly edge: TestEdge,
    private readonly streams: readonly StreamName[],
  ) {
    this.closedRest = createServer((request, response) => {
      this.asked.push(request.url ?? '');
      response.writeHead(503).end();
    });
  }

  /** @param streams that another edge wants as well, so that upstreams carry also what no client of ours wants yet. */
  static async start(streams: readonly StreamName[]): Promise<StandbyStage> {
    const simulator = await Simulator.start({ symbols: 2, pace: 10 });
    const stage = new StandbyStage(simulator, await startEdge({ bookOwnSnapshotMs: 1 }), streams);
    await new Promise<void>((resolve) => void stage.closedRest.listen(0, '127.0.0.1', resolve));
    stage.demand();
    return stage;
  }

  /** Where nobody is answered. */
  get closedUrl(): string {
    return `http://127.0.0.1:${(this.closedRest.address() as AddressInfo).port}`;
  }

  /** @param restUrl of the exchange, or where nobody is answered. */
  async begin(restUrl: string, hears?: MortalOptions['hears']): Promise<MortalUpstream> {
    const settings = { wsUrl: this.simulator.wsUrl, restUrl, symbolsEveryMs: 60_000 };
    const one = new MortalUpstream(this.edge.bus, { settings, timings: QUICK, ...(hears && { hears }) });
    this.ones.push(one);
    await one.upstream.start();
    return one;
  }

  async stop(): Promise<void> {
    this.cancelDemand();
    await this.edge.stop();
    await Promise.all(this.ones.map((one) => one.stop()));
    await this.simulator.stop();
    this.closedRest.closeAllConnections();
    await new Promise((resolve) => void this.closedRest.close(resolve));
  }

  private demand(): void {
    const { messages } = this.edge.bus;
    messages.publish(spot.channels.demand, encodeDemand({ edge: 'another', streams: [...this.streams] }));
    this.cancelDemand = systemClock.after(DEMAND_EVERY_MS / 4, () => this.demand());
  }
}

import { WsClient } from './ws-client.js';

/** The clients of `/v1` of one test, on whatever edge that has. */
export class NativeClients {
  private readonly all: WsClient[] = [];

  /** @param url of the edge that the test has at the moment. */
  constructor(private readonly url: () => string) {}

  async connect(): Promise<WsClient> {
    const client = await WsClient.open(`${this.url()}/v1`);
    this.all.push(client);
    return client;
  }

  /** Somebody who keeps these wanted; resolves when they are followed. */
  async keep(...streams: string[]): Promise<WsClient> {
    const client = await this.connect();
    await client.ask({ event: 'subscribe', data: { streams } });
    await client.take(streams.length);
    return client;
  }

  /** Without a goodbye. */
  end(): void {
    for (const { socket } of this.all.splice(0)) socket.terminate();
  }
}

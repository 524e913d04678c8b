import { until } from './until.js';
import type { WsClient } from './ws-client.js';

/** What a client is answered; frames may come before it. */
export async function replyTo(client: WsClient, request: { id: number; [field: string]: unknown }): Promise<unknown> {
  client.send(request);
  return until(() => client.messages.find(({ id }) => id === request.id));
}

/** How many symbols the edge of a gateway knows. */
export async function symbolsKnown({ opsUrl }: { opsUrl: string }): Promise<number> {
  const status = (await (await fetch(`${opsUrl}/status`)).json()) as { 'symbols known': { spot: number } };
  return status['symbols known'].spot;
}

import { once } from 'node:events';
import { WebSocket } from 'ws';
import { obey } from '../processes/child.js';
import { bareServer } from './bare-server.js';
import type { WholeRelayOrders } from './orders.js';
import { streamOf } from './stream-of.js';

/** The least there is in one process: a frame goes to every client that has its stream, as it is. */
async function start({ feedPort, streams }: Parameters<WholeRelayOrders['start']>[0]): Promise<number> {
  const { app, listen } = bareServer(streams);
  const url = `ws://127.0.0.1:${feedPort}/stream?streams=${streams.join('/')}`;
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on('message', (bytes: Buffer) => {
    const text = bytes.toString();
    app.publish(streamOf(text), text);
  });
  await once(socket, 'open');
  return listen();
}

obey<WholeRelayOrders>({ start });

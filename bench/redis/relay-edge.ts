import { Redis } from 'ioredis';
import { App, us_socket_local_port as portOf } from 'uWebSockets.js';
import { obey } from '../fanout/child.js';
import type { RelayEdgeOrders } from './orders.js';

/** The least there is: what Redis brings goes to every client as it is. */
async function start({ redisPort, streams }: Parameters<RelayEdgeOrders['start']>[0]): Promise<number> {
  const app = App();
  const redis = new Redis({ host: '127.0.0.1', port: redisPort });
  redis.on('messageBuffer', (channel: Buffer, text: Buffer) => app.publish(channel.toString(), text));
  const channels = streams.map((stream) => `relay:${stream}`);
  await redis.subscribe(...channels);
  app.ws('/*', { open: (socket) => channels.forEach((channel) => socket.subscribe(channel)) });
  return new Promise((resolve, reject) => {
    app.listen('127.0.0.1', 0, (socket) => (socket ? resolve(portOf(socket)) : reject(new Error('cannot listen'))));
  });
}

obey<RelayEdgeOrders>({ start });

import { Redis } from 'ioredis';
import { obey } from '../processes/child.js';
import type { RelayEdgeOrders } from './orders.js';
import { bareServer } from './bare-server.js';

/** The least there is: what Redis brings goes to every client as it is. */
async function start({ redisPort, streams }: Parameters<RelayEdgeOrders['start']>[0]): Promise<number> {
  const { app, listen } = bareServer(streams);
  const redis = new Redis({ host: '127.0.0.1', port: redisPort });
  redis.on('messageBuffer', (channel: Buffer, text: Buffer) =>
    app.publish(channel.toString().slice('relay:'.length), text),
  );
  await redis.subscribe(...streams.map((stream) => `relay:${stream}`));
  return listen();
}

obey<RelayEdgeOrders>({ start });

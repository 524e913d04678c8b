import { once } from 'node:events';
import { Redis } from 'ioredis';
import { WebSocket } from 'ws';
import { obey } from '../processes/child.js';
import type { RelayOrders } from './orders.js';
import { streamOf } from './stream-of.js';

/** The least there is: frames of a socket go to Redis as they are, those of one turn of the loop in one pipeline. */
async function start({ feedPort, redisPort, streams }: Parameters<RelayOrders['start']>[0]): Promise<void> {
  const redis = new Redis({ host: '127.0.0.1', port: redisPort });
  await once(redis, 'ready');
  const url = `ws://127.0.0.1:${feedPort}/stream?streams=${streams.join('/')}`;
  const socket = new WebSocket(url, { perMessageDeflate: false });
  let gathered: string[] = [];
  const flush = (): void => {
    const pipeline = redis.pipeline();
    for (const text of gathered) pipeline.publish(`relay:${streamOf(text)}`, text);
    gathered = [];
    void pipeline.exec();
  };
  socket.on('message', (bytes: Buffer) => {
    if (gathered.push(bytes.toString()) === 1) setImmediate(flush);
  });
  await once(socket, 'open');
}

obey<RelayOrders>({ start });

import { WebSocket } from 'ws';
import { HoldfastClient } from '#libs/client';
import { EXIT, encode } from '#libs/core';
import { CommandTrouble, interrupted, say } from './trouble.js';

/** Prints native events and feed states. A gateway that goes away is waited for; one that was never there is an error. */
export async function watchNative(url: string, streams: readonly string[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let wasOpen = false;
    const client = new HoldfastClient({
      url,
      problem: (sentence) => process.stderr.write(`${sentence}\n`),
      connection: (change) => {
        if (change.state === 'open') wasOpen = true;
        else if (change.state === 'lost' && !wasOpen) reject(nobodyThere(url));
        else if (change.state === 'lost') {
          process.stderr.write(`the gateway went away; next attempt in ${change.retryMs} ms\n`);
        } else if (change.state === 'closed' && change.ending.closedBy !== 'us') {
          const { code, reason } = change.ending;
          reject(new CommandTrouble(`the gateway closed the connection for good: ${code} ${reason ?? ''}`));
        }
      },
    });
    for (const stream of new Set(streams)) {
      client.subscribe(stream, {
        event: (event) => say(encode(event)),
        unknown: (event) => say(encode(event)),
        feed: (event) => say(encode(event)),
        refused: ({ message }) => reject(new CommandTrouble(message, EXIT.usage)),
      });
    }
    void interrupted().then(() => client.stop().then(resolve));
    client.start();
  });
}

/** Prints Binance's wire as a program written for Binance gets it: combined frames. */
export async function watchBinance(url: string, streams: readonly string[]): Promise<void> {
  const socket = new WebSocket(`${url}/stream`);
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => socket.send(JSON.stringify({ method: 'SUBSCRIBE', params: streams, id: 1 })));
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.startsWith('{"error"')) reject(new CommandTrouble(messageOf(text), EXIT.usage));
      else if (!text.startsWith('{"result"')) say(text);
    });
    socket.on('error', () => reject(nobodyThere(url)));
    socket.on('close', (code, reason) =>
      reject(new CommandTrouble(`the gateway closed: ${code} ${reason.toString()}`.trim())),
    );
    void interrupted().then(resolve);
  });
  socket.terminate();
}

const nobodyThere = (url: string): CommandTrouble =>
  new CommandTrouble(`No gateway answers at ${url}. Is it running (npm start)? --url says where.`);

/** The sentence inside `{"error":{"code":…,"msg":…}}`. */
function messageOf(text: string): string {
  const { error } = JSON.parse(text) as { error?: { msg?: string } };
  return error?.msg ?? text;
}

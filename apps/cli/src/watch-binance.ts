import { WebSocket } from 'ws';
import { EXIT } from '#libs/core';
import { systemClock } from '#libs/runtime';
import { enough, remark, say } from './output.js';
import { CommandTrouble } from './trouble.js';
import { noGateway } from './watch.js';

interface WireAnswer {
  id?: unknown;
  error?: { msg?: string };
}

/** Requests one after the other keep the usual limit of a gateway. */
const PAUSE_MS = 25;

/**
 * Prints Binance's wire as a program written for Binance gets it: combined frames. A request is refused as a whole there, so
 * after a refusal each name is asked for by itself.
 */
export async function watchBinance(url: string, streams: readonly string[]): Promise<void> {
  const socket = new WebSocket(`${url}/stream`);
  const ended = endOf(socket, url);
  const opened = new Promise((resolve) => void socket.on('open', resolve));
  const watched = opened.then(() => subscribe(socket, [...new Set(streams)])).then(enough);
  try {
    await Promise.race([ended, watched, enough()]);
  } finally {
    socket.terminate();
  }
}

/** Rejects when the connection ends, or cannot be made. */
function endOf(socket: WebSocket, url: string): Promise<never> {
  let wasOpen = false;
  socket.on('open', () => (wasOpen = true));
  // A close follows.
  socket.on('error', () => undefined);
  return new Promise((_, reject) => {
    socket.on('close', (code, reason) => {
      if (!wasOpen) void noGateway(url).then(reject);
      else reject(new CommandTrouble(`The gateway closed: ${code} ${reason.toString()}`.trimEnd()));
    });
  });
}

async function subscribe(socket: WebSocket, streams: readonly string[]): Promise<void> {
  const answers = new Map<number, (answer: WireAnswer) => void>();
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    const answer = /^\{"(?:error|result)"/.test(text) ? (JSON.parse(text) as WireAnswer) : undefined;
    if (answer) answers.get(Number(answer.id))?.(answer);
    else say(text);
  });
  const ask = (params: readonly string[], id: number): Promise<WireAnswer> =>
    new Promise((resolve) => {
      answers.set(id, resolve);
      socket.send(JSON.stringify({ method: 'SUBSCRIBE', params, id }));
    });
  if (!(await ask(streams, 0)).error) return;
  let watched = 0;
  for (const [index, stream] of streams.entries()) {
    await new Promise<void>((resolve) => void systemClock.after(PAUSE_MS, resolve));
    const { error } = await ask([stream], index + 1);
    if (error) remark(error.msg ?? `${stream} was refused`);
    else watched += 1;
  }
  if (watched === 0) throw new CommandTrouble('No stream is left to watch.', EXIT.usage);
}

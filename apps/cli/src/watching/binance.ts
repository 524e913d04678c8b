import { WebSocket } from 'ws';
import { spot } from '#libs/binance';
import { EXIT, type StreamName } from '#libs/core';
import { enough } from '../output.js';
import { ownToken } from '../own-token.js';
import { CommandTrouble } from '../trouble.js';
import { noGateway } from './native.js';
import type { WatchOutput } from './output.js';

interface WireAnswer {
  error?: { msg?: string };
}

/**
 * Shows Binance's wire as a program written for Binance gets it: combined frames. Nobody is told of a mistyped name there, it is
 * acknowledged and nothing ever comes: so the names are checked here.
 */
export async function watchBinance(url: string, names: readonly string[], output: WatchOutput): Promise<void> {
  const streams = goodAmong(names, output);
  const token = ownToken();
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const socket = new WebSocket(`${url}/stream`, { headers });
  const ended = endOf(socket, url);
  const opened = new Promise((resolve) => void socket.on('open', resolve));
  const watched = opened.then(() => subscribe(socket, streams, output)).then(enough);
  try {
    await Promise.race([ended, watched, enough()]);
  } finally {
    socket.terminate();
    output.end();
  }
}

/** Tells of the names that are none, which is an error where no other is left. */
function goodAmong(names: readonly string[], { note, refused }: WatchOutput): StreamName[] {
  const good = [...new Set(names)].filter((name) => {
    const parsed = spot.parse(name);
    if (!parsed.ok) {
      note(parsed.problem.message);
      refused(name);
    }
    return parsed.ok;
  });
  if (good.length === 0) throw new CommandTrouble('No stream is left to watch.', EXIT.usage);
  return good;
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

/** Resolves once the gateway has acknowledged the streams; what comes of them is printed from the first on. */
function subscribe(socket: WebSocket, params: readonly StreamName[], output: WatchOutput): Promise<void> {
  const answered = new Promise<void>((resolve, reject) => {
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (!/^\{"(?:error|result)"/.test(text)) return output.frame(text);
      const { error } = JSON.parse(text) as WireAnswer;
      if (error) reject(new CommandTrouble(`The gateway refused: ${error.msg ?? text}`, EXIT.usage));
      else {
        output.trouble(undefined);
        resolve();
      }
    });
  });
  socket.send(JSON.stringify({ method: 'SUBSCRIBE', params, id: 0 }));
  return answered;
}

import { once } from 'node:events';
import { WebSocket } from 'ws';
import { until } from './until.js';

/** What a client does: opens a path, then sends one text after the other, each when the one before has been answered. */
export interface Script {
  path: string;
  texts?: readonly string[];
}

/** A frame of data: what comes of the market is another matter. */
const isReply = (text: string): boolean => /^\{"(?:result|error)":/.test(text);

/** What is answered to a script, line by line: how the upgrade went, each reply to the letter, and how the connection ended where it did. */
export async function transcriptOf(base: string, { path, texts = [] }: Script): Promise<string[]> {
  const socket = new WebSocket(`${base}${path}`);
  const lines: string[] = [];
  socket.on('error', () => undefined);
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    if (isReply(text)) lines.push(text);
  });
  socket.on('close', (code, reason) => lines.push(`closed with ${code} ${reason.toString()}`));
  const refused = new Promise<string>((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      socket.terminate();
      resolve(`HTTP ${response.statusCode}`);
    });
  });
  const opened = once(socket, 'open').then(() => 'HTTP 101');
  const answer = await Promise.race([opened, refused]);
  if (answer !== 'HTTP 101') return [answer];
  for (const [at, text] of texts.entries()) {
    socket.send(text);
    await until(() => lines.length > at, { what: `an answer to ${text}` });
    if (socket.readyState !== WebSocket.OPEN) break;
  }
  const said = [answer, ...lines];
  socket.terminate();
  return said;
}

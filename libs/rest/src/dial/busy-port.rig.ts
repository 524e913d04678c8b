import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * A port whose program stands still, with as many connections waiting as it lets wait: the kernel drops a further SYN, which
 * comes again after a second. Set free, it answers requests with a list.
 */
export async function listenBusily(): Promise<{ port: number; free: () => void }> {
  const program = `const server = require('http').createServer((_, response) => response.end('[]'));
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(text.toString());
  child.kill('SIGSTOP');
  const waiting = [1, 2].map(() => connect(port, '127.0.0.1').on('error', () => undefined));
  onTestFinished(() => {
    waiting.forEach((socket) => socket.destroy());
    child.kill('SIGKILL');
  });
  await Promise.all(waiting.map((socket) => once(socket, 'connect')));
  return { port, free: () => void child.kill('SIGCONT') };
}

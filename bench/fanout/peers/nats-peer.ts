import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#libs/drill';
import { until } from '../../../test/support/until.js';
import type { Listening, Peer } from './peer.js';

const SUBJECT = 'trade';
const CONNECT = 'CONNECT {"verbose":false}\r\n';

/** nats-server: published over its own protocol, served to WebSocket clients. Messages of one turn go to it in one write. */
export class NatsPeer implements Peer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'nats-'));
  private server: ChildProcess | undefined;
  private publisher: Socket | undefined;
  private gathered: string[] = [];

  async listen(): Promise<Listening> {
    const [own, port] = [await freePort(), await freePort()];
    const file = join(this.folder, 'nats.conf');
    writeFileSync(
      file,
      `host: 127.0.0.1\nport: ${own}\nping_interval: "1h"\nwebsocket { host: 127.0.0.1, port: ${port}, no_tls: true }\n`,
    );
    this.server = spawn('nats-server', ['-c', file], { stdio: 'ignore' });
    this.publisher = await until(() => connected(own), { what: 'nats-server accepts' });
    this.publisher.on('error', () => undefined).resume();
    this.publisher.write(CONNECT);
    const hello = `${CONNECT}SUB ${SUBJECT} 1\r\nPING\r\n`;
    return { port, doors: { nats: { path: '/', hello, greetings: 1, speaks: 'nats' } } };
  }

  publish(text: string): void {
    if (this.gathered.push(`PUB ${SUBJECT} ${Buffer.byteLength(text)}\r\n${text}\r\n`) > 1) return;
    queueMicrotask(() => {
      this.publisher?.write(this.gathered.join(''));
      this.gathered = [];
    });
  }

  pids(): readonly number[] {
    return [this.server?.pid ?? 0];
  }

  end(): void {
    this.server?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function connected(port: number): Promise<Socket | undefined> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect').then(
    () => socket,
    () => undefined,
  );
}

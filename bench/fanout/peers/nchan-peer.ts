import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { freePort } from '#libs/drill';
import { until } from '../../../test/support/until.js';
import { NCHAN } from './nchan-module.js';
import type { Listening, Peer } from './peer.js';

/** nginx with nchan: one worker, published over a WebSocket. */
export class NchanPeer implements Peer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'nchan-'));
  private server: ChildProcess | undefined;
  private publisher: WebSocket | undefined;

  async listen(): Promise<Listening> {
    const port = await freePort();
    const file = join(this.folder, 'nginx.conf');
    writeFileSync(file, configuration(this.folder, port));
    this.server = spawn('nginx', ['-c', file, '-e', join(this.folder, 'error.log')], { stdio: 'ignore' });
    this.publisher = await until(() => connected(port), { what: 'nginx accepts' });
    // It answers each message with how the channel is.
    this.publisher.on('message', () => undefined).on('error', () => undefined);
    return { port, doors: { nchan: { path: '/sub' } } };
  }

  publish(text: string): void {
    this.publisher?.send(text);
  }

  /** The worker: the master only looks after it. */
  pids(): readonly number[] {
    const master = this.server?.pid ?? 0;
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && parentOf(name) === master)
      .map(Number);
  }

  end(): void {
    // The master first: it would put another worker in the place of one that is gone.
    for (const pid of [this.server?.pid ?? 0, ...this.pids()]) if (pid > 0) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const configuration = (folder: string, port: number): string => `
load_module ${NCHAN};
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid ${folder}/pid;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location /sub { nchan_subscriber websocket; nchan_channel_id trade; nchan_subscriber_first_message newest; nchan_subscriber_timeout 0; }
    location /pub { nchan_publisher websocket; nchan_channel_id trade; nchan_message_buffer_length 64; }
  }
}
`;

function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch (error) {
    // It has ended meanwhile.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return -1;
    throw error;
  }
}

async function connected(port: number): Promise<WebSocket | undefined> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/pub`, { perMessageDeflate: false });
  return once(socket, 'open').then(
    () => socket,
    () => undefined,
  );
}

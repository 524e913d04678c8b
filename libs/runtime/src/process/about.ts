import { hostname } from 'node:os';
import { readRelease } from '#libs/release';
import type { Metrics } from '../metrics.js';
import type { Ops } from '../ops/ops.js';
import type { ConnectionRoom } from './open-files.js';
import type { ShownSetting } from './shown-settings.js';

/** What a process is. */
export interface About {
  /** `upstream`, `edge` or `standalone`. */
  role: string;
  /** How many clients it takes; absent where it takes none. */
  room?: ConnectionRoom;
  /** What it was told. */
  settings: readonly ShownSetting[];
}

/** Tells operators what this process is: the sections `process` and `settings` of `/status`, and metrics. */
export function showAbout({ role, room, settings }: About, ops: Ops, metrics: Metrics): void {
  const release = readRelease();
  const node = process.version;
  ops.status('process', () => ({
    role,
    ...release,
    node,
    host: hostname(),
    pid: process.pid,
    upForMs: Math.round(process.uptime() * 1_000),
    ...(room && { clientsAtMost: room.taken, clientsAskedFor: room.asked, openFilesAtMost: room.openFiles ?? null }),
  }));
  ops.status('settings', () => settings);
  metrics
    .gauge({
      name: 'holdfast_build_info',
      help: 'Always 1; the labels say what runs here.',
      labelNames: ['version', 'commit', 'role', 'node'],
    })
    .set({ ...release, role, node }, 1);
  if (!room) return;
  const most = metrics.gauge({
    name: 'holdfast_edge_connections_limit',
    help: 'Client connections this edge takes: as many as were asked for, or as the limit of open files leaves room for.',
    labelNames: ['limit'],
  });
  most.set({ limit: 'taken' }, room.taken);
  most.set({ limit: 'asked' }, room.asked);
}

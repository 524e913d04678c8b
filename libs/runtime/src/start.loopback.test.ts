import { Module } from '@nestjs/common';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../../../test/support/until.js';
import { type Running, RuntimeModule, SERVICES, type Service, silentLog, start } from './index.js';

/** A service whose start takes until the test ends it, and who writes down what happens to it. */
class Slow implements Service {
  finishStart: (error?: Error) => void = () => {};

  constructor(
    readonly name: string,
    private readonly diary: string[],
  ) {}

  warmUp(): Promise<void> {
    this.diary.push(`warm up ${this.name}`);
    return Promise.resolve();
  }

  start(): Promise<void> {
    this.diary.push(`start ${this.name}`);
    return new Promise((resolve, reject) => {
      this.finishStart = (error) => (error ? reject(error) : resolve());
    });
  }

  drain(): Promise<void> {
    this.diary.push(`drain ${this.name}`);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.diary.push(`stop ${this.name}`);
    return Promise.resolve();
  }
}

function startTwo(
  opsPort: number,
  warmUpMs?: number,
): { diary: string[]; bus: Slow; edge: Slow; running: Promise<Running> } {
  const diary: string[] = [];
  const bus = new Slow('bus', diary);
  const edge = new Slow('edge', diary);
  @Module({ imports: [RuntimeModule.with(silentLog)], providers: [{ provide: SERVICES, useValue: [bus, edge] }] })
  class App {}
  const running = start({
    module: App,
    ops: { opsHost: '127.0.0.1', opsPort, ...(warmUpMs !== undefined && { warmUpMs }) },
    log: silentLog,
  });
  running.catch(() => undefined); // Awaited later; until then a failure is no unhandled rejection.
  return { diary, bus, edge, running };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it('warms services up, starts them in their order, answers probes meanwhile, and stops them in reverse when all have let go whom they serve', async () => {
  const port = await freePort();
  const { diary, bus, edge, running } = startTwo(port, 1);
  const probe = async (path: string): Promise<number> => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  await until(() => diary.includes('start bus'));
  expect(await probe('/healthz')).toBe(200);
  expect(await probe('/readyz')).toBe(503);
  expect(diary).toEqual(['warm up bus', 'warm up edge', 'start bus']);

  bus.finishStart();
  await until(() => diary.includes('start edge'));
  expect(await probe('/readyz')).toBe(503);
  edge.finishStart();
  const app = await running;
  expect(app.opsUrl).toBe(`http://127.0.0.1:${port}`);
  expect(await probe('/readyz')).toBe(200);

  await Promise.all([app.stop(), app.stop()]);
  expect(diary.slice(3)).toEqual(['start edge', 'drain bus', 'drain edge', 'stop edge', 'stop bus']);
  await expect(probe('/healthz')).rejects.toThrow('fetch failed');
});

it('stops what had started when a later service fails, and frees the port', async () => {
  const port = await freePort();
  const { diary, bus, edge, running } = startTwo(port);
  await until(() => diary.includes('start bus'));
  bus.finishStart();
  await until(() => diary.includes('start edge'));
  edge.finishStart(new Error('no room'));
  await expect(running).rejects.toThrow('no room');
  expect(diary).toEqual(['start bus', 'start edge', 'stop edge', 'stop bus']);
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed');
});

it('starts no service when the ops port is taken', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void taken.close());
  const { diary, running } = startTwo((taken.address() as AddressInfo).port);
  await expect(running).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(diary).toEqual([]);
});

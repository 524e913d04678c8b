import { Module } from '@nestjs/common';
import { expect, it, onTestFinished } from 'vitest';
import { BusSettings, RuntimeModule, SERVICES, type Service, start } from '#libs/runtime';
import { BUS, BusModule } from './index.js';

/** Runs a process that has nothing but a bus. */
async function runBus(redisUrl?: string) {
  const lines: object[] = [];
  const note = (fields: object): void => void lines.push(fields);
  const log = { debug: note, info: note, warn: note, error: note };
  @Module({
    imports: [
      RuntimeModule.with(log),
      BusModule.with(Object.assign(new BusSettings(), redisUrl === undefined ? {} : { redisUrl })),
    ],
    providers: [{ provide: SERVICES, useFactory: (bus: Service) => [bus], inject: [BUS] }],
  })
  class App {}
  const running = await start({ module: App, ops: { opsHost: '127.0.0.1', opsPort: 0 }, log });
  onTestFinished(() => running.stop());
  const get = async (path: string): Promise<[number, unknown]> => {
    const answer = await fetch(running.opsUrl + path);
    return [answer.status, await answer.json()];
  };
  const metrics = async (): Promise<string> => (await fetch(`${running.opsUrl}/metrics`)).text();
  return { get, metrics, lines };
}

it('a process whose Redis is not there is not ready, and says which Redis, since when and why, also in its log and metrics', async () => {
  const { get, metrics, lines } = await runBus('redis://someone:s3cret@127.0.0.1:1');
  const [status, answer] = await get('/readyz');
  expect([status, answer]).toEqual([
    503,
    expect.objectContaining({
      troubles: { bus: expect.stringMatching(/^Redis at 127\.0\.0\.1:1 does not carry messages: .*ECONNREFUSED/) },
    }),
  ]);
  const [, page] = await get('/status');
  expect(page).toMatchObject({
    bus: { kind: 'redis', redis: '127.0.0.1:1', state: 'down', sinceAt: expect.any(Number) },
  });
  expect(lines).toContainEqual(
    expect.objectContaining({
      code: 'bus.trouble',
      redis: '127.0.0.1:1',
      why: expect.stringContaining('ECONNREFUSED'),
    }),
  );
  expect(await metrics()).toMatch(/^holdfast_bus_up 0$/m);
  expect(JSON.stringify([answer, page, lines])).not.toMatch(/someone|s3cret/);
});

it('a process without a Redis has its bus in memory, and is ready', async () => {
  const { get, metrics } = await runBus();
  expect((await get('/readyz'))[0]).toBe(200);
  expect(await get('/status')).toEqual([200, expect.objectContaining({ bus: { kind: 'memory', state: 'up' } })]);
  expect(await metrics()).toMatch(/^holdfast_bus_up 1$/m);
});

import { afterEach, beforeEach, expect, it } from 'vitest';
import { BareClient } from '../../../../test/support/bare-client.js';
import { until } from '../../../../test/support/until.js';
import { Simulator } from '../index.js';

let simulator: Simulator;
beforeEach(async () => (simulator = await Simulator.start()));
afterEach(() => simulator.stop());

async function ask(path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const init =
    body === undefined ? {} : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await fetch(simulator.controlUrl + path, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

it('incidents are listed with their parameters', async () => {
  const { body } = await ask('/incidents');
  expect(body).toContainEqual(
    expect.objectContaining({
      name: 'close',
      parameters: expect.objectContaining({ code: expect.objectContaining({ usual: 1000 }) }),
    }),
  );
});

it('an incident strikes from outside and says how many it struck', async () => {
  const client = new BareClient(`${simulator.wsUrl}/ws`);
  await until(() => client.isOpen);
  expect(await ask('/incidents/close', { code: 1008, reason: 'Pong timeout' })).toEqual({
    status: 200,
    body: { incident: 'close', struck: 1 },
  });
  await until(() => client.closed);
  expect(client.closed).toEqual({ code: 1008, reason: 'Pong timeout' });
  const { body } = await ask('/state');
  expect(body).toMatchObject({
    connections: { total: 1, open: [] },
    ended: [{ ending: { by: 'incident', code: 1008 } }],
  });
});

it('a script is taken, and one with a wrong step is refused whole', async () => {
  expect(await ask('/script', [{ refuse: { status: 503 } }, 'accept'])).toEqual({ status: 200, body: { ordered: 2 } });
  expect((await ask('/script', ['accept', { cut: 'everywhere' }])).status).toBe(400);
  const client = new BareClient(`${simulator.wsUrl}/ws`);
  await until(() => client.refused);
  expect(client.refused?.status).toBe(503);
});

it.each([
  ['/incidents/earthquake', {}, 404],
  ['/incidents/close', { code: 'x' }, 400],
  ['/incidents/close', { code: 1006 }, 400],
  ['/incidents/close', { reason: 'r'.repeat(124) }, 400],
  ['/incidents/refuse', { status: 42 }, 400],
  ['/incidents/too-large', { bytes: 1e9 }, 400],
  ['/script', [{ close: { code: 1006 } }], 400],
  ['//', {}, 404],
  ['/incidents/close', '{', 400],
  ['/incidents/close', [], 400],
  ['/nothing', {}, 404],
])('%s with %j is refused with %i and a sentence', async (path, body, status) => {
  const answer = await ask(path, body);
  expect(answer.status).toBe(status);
  expect(answer.body['error']).toBeTypeOf('string');
});

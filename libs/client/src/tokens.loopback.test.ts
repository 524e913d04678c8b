import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { makeToken } from '#libs/tokens';
import { HandUpstream } from '../../../test/support/hand-upstream.js';
import { type TestEdge, startEdge } from '../../../test/support/start-edge.js';
import { until } from '../../../test/support/until.js';
import { type ClientOptions, HoldfastClient } from './index.js';

let edge: TestEdge;
let upstream: HandUpstream;
let token: string;

beforeAll(async () => {
  const made = makeToken('alice', []);
  if (!made.ok) throw new Error(made.problem);
  ({ token } = made.value);
  const tokensFile = join(mkdtempSync(join(tmpdir(), 'holdfast-')), 'tokens');
  writeFileSync(tokensFile, made.value.line);
  edge = await startEdge({}, { access: { tokensFile } });
  upstream = new HandUpstream(edge.bus).start();
});
afterAll(async () => {
  upstream.stop();
  await edge.stop();
});

/** Connects to the edge; how its connection was, one after the other. */
function connect(options: Omit<ClientOptions, 'url'>): string[] {
  const states: string[] = [];
  const connection = ({ state }: { state: string }): void => void states.push(state);
  const client = new HoldfastClient({ url: edge.wsUrl, random: () => 0, connection, ...options });
  onTestFinished(() => client.stop());
  client.start();
  return states;
}

it.each([
  ['the host’s own WebSocket', {}],
  ['that of ws', { webSocket: WebSocket }],
])('a gateway that asks for tokens admits who brings one, with %s, and nobody else', async (_, options) => {
  const states = connect({ ...options, token });
  await until(() => states.includes('open'));
  const strangers = [connect(options), connect({ ...options, token: 'guessed' })];
  await until(() => strangers.every((their) => their.includes('lost')));
  expect(strangers.flat()).not.toContain('open');
  expect(states).toEqual(['connecting', 'open']);
});

it('a token that ends is replaced at the next attempt by the one of the moment', async () => {
  const tokens = ['ended', token];
  const states = connect({ token: () => tokens.shift() ?? '' });
  await until(() => states.includes('open'));
  expect(states).toEqual(['connecting', 'lost', 'connecting', 'open']);
});

it('a text that is none is said at once, and one that a function gives fails that attempt', async () => {
  expect(() => new HoldfastClient({ url: edge.wsUrl, token: 'a token' })).toThrow('token: expected letters, digits');
  const tokens = ['', token];
  const states = connect({ token: () => tokens.shift() ?? '' });
  await until(() => states.includes('open'));
  expect(states).toEqual(['connecting', 'lost', 'connecting', 'open']);
});

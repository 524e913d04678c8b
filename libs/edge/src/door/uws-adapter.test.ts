import { beforeEach, describe, expect, it } from 'vitest';
import { from } from 'rxjs';
import { ok } from '#libs/core';
import type { Session } from './session.js';
import { NotedSocket, sessionOn } from './session.rig.js';
import { UwsAdapter } from './uws-adapter.js';
import type { Outcome } from './wire/wire.js';

describe('the adapter between sockets and gateways', () => {
  let adapter: UwsAdapter;
  let heard: string[];
  const clientOn = (path: string): Session => sessionOn(path, 1, new NotedSocket());
  beforeEach(() => {
    adapter = new UwsAdapter();
    heard = [];
    for (const path of ['/v1', '/ws']) {
      const gateway = adapter.create(0, { path });
      adapter.bindClientConnect(gateway, () => heard.push(path));
    }
  });

  it('takes a client to the gateway of its path, and to no other', () => {
    adapter.came(clientOn('/ws'));
    expect(heard).toEqual(['/ws']);
    adapter.came(clientOn('/v1'));
    expect(heard).toEqual(['/ws', '/v1']);
  });

  it('tells of a client that has gone once, also where it had gone before anybody could be told', () => {
    const session = clientOn('/v1');
    adapter.bindClientDisconnect(session, () => heard.push('gone'));
    expect(heard).toEqual([]);
    adapter.left(session);
    adapter.left(session);
    expect(heard).toEqual(['gone']);
    const late = clientOn('/v1');
    late.closed();
    adapter.bindClientDisconnect(late, () => heard.push('late'));
    expect(heard).toEqual(['gone', 'late']);
    adapter.left(late);
    expect(heard).toEqual(['gone', 'late']);
  });

  it('takes a command to the handler of its name with what it says, and refuses one that nobody handles', async () => {
    const session = clientOn('/v1');
    const handler = (message: string) => ({
      message,
      methodName: message,
      callback: (command: unknown) => [ok([message, command])],
    });
    const transform = (result: unknown) => from(result as Outcome[]);
    adapter.bindMessageHandlers(session, ['list', 'ping'].map(handler) as never, transform);
    const command = { handler: 'ping', data: 1 };
    expect(await session.run(command)).toEqual(ok(['ping', command]));
    const refused = await session.run({ handler: 'fly' });
    expect(refused).toMatchObject({ ok: false, problem: { code: 'unknown-command', message: 'no fly here' } });
  });

  it('lets everybody in at once before the streams are there, and nobody when it has been disposed of', () => {
    expect(adapter.arrive(clientOn('/ws').entry, 'somebody')).toBeUndefined();
    adapter.close();
    adapter.came(clientOn('/ws'));
    expect(heard).toEqual([]);
  });
});

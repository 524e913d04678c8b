import { expect, it } from 'vitest';
import { killArguments, readConnection } from './own-connection.js';

const INFO =
  'id=15 addr=127.0.0.1:41234 laddr=127.0.0.1:6379 fd=8 name=holdfast-publisher age=0 idle=0 flags=N db=0 tot-mem=22298 cmd=client|info user=default redir=-1 resp=2\n';

it('a connection is known by its id and its own address, which Redis names among others', () => {
  expect(readConnection(INFO)).toBe('15 127.0.0.1:41234');
  expect(readConnection('id=7 addr=[::1]:5 laddr=[::1]:6379 fd=8')).toBe('7 [::1]:5');
  expect(readConnection('addr=/tmp/redis.sock:0 id=9')).toBe('9 /tmp/redis.sock:0');
});

it.each(['', 'OK', 'id=15', 'addr=127.0.0.1:1', 'laddr=127.0.0.1:1 xid=3', 'id= addr=127.0.0.1:1'])(
  'an answer that names none is none: %j',
  (info) => expect(readConnection(info)).toBeUndefined(),
);

it('only the connection of that id and address is killed, and never the one that asks', () => {
  expect(killArguments('15 127.0.0.1:41234')).toEqual(['ID', '15', 'ADDR', '127.0.0.1:41234', 'SKIPME', 'yes']);
});

it.each(['', '15', '127.0.0.1:1', 'x 127.0.0.1:1', '15 127.0.0.1:1 TYPE', '15  127.0.0.1:1', ' 15 127.0.0.1:1'])(
  'what a stranger may have written as a connection kills nobody: %j',
  (connection) => expect(killArguments(connection)).toBeUndefined(),
);

import { expect, it } from 'vitest';
import { replyTo } from './role-arguments.js';

const RELEASE = { version: '1.2.3', commit: 'abc' };

it.each([
  [[], undefined],
  [['--version'], { says: `holdfast edge 1.2.3 (commit abc), Node.js ${process.version}`, exitCode: 0 }],
  [['--help'], { says: expect.stringMatching(/^holdfast edge takes no arguments/), exitCode: 0 }],
  [
    ['--port', '1'],
    { says: expect.stringMatching(/^Unknown argument "--port"\. .*environment variables/), exitCode: 64 },
  ],
])('a role is told what to do by variables: to %j it answers %j', (given, reply) => {
  expect(replyTo('edge', given, RELEASE)).toEqual(reply);
});

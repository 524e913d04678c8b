import { expect, it } from 'vitest';
import { silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { Journal } from './journal.js';

it('says when the next attempt begins, where there is one', () => {
  const clock = new FakeClock();
  const journal = new Journal(clock, silentLog);
  const [first, second] = [journal.begin(1, 'demand', 'host', 3), journal.begin(2, 'age', 'host', 3)];
  clock.advance(1_000);
  journal.ended(first, { closedBy: 'peer', cause: 'closed', code: 1000 }, { do: 'retry', inMs: 500.4 });
  journal.ended(second, { closedBy: 'us', cause: 'replaced' }, { do: 'nothing' });
  expect(journal.read().map(({ closedAt = 0, retryAt }) => retryAt && retryAt - closedAt)).toEqual([500, undefined]);
});

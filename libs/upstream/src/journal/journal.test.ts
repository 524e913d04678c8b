import { expect, it } from 'vitest';
import { type Log, silentLog } from '#libs/runtime';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { Journal } from './journal.js';

it('says once that Binance is out of reach, where the first attempt does not get there', () => {
  const said: string[] = [];
  const note = (_: object, sentence: string): void => void said.push(sentence);
  const log = { ...silentLog, info: note, warn: note } as unknown as Log;
  const journal = new Journal(new FakeClock(), log);
  for (let time = 0; time < 2; time += 1) {
    const record = journal.begin(1, 'demand', 'host', 3);
    journal.ended(record, { closedBy: 'transport', cause: 'dns' }, { do: 'retry', inMs: 500 });
  }
  expect(said.filter((sentence) => sentence.startsWith('Binance is out of reach'))).toHaveLength(1);
  expect(said).toContain('An attempt to connect did not reach Binance (dns)');
});

it('says when the next attempt begins, where there is one', () => {
  const clock = new FakeClock();
  const journal = new Journal(clock, silentLog);
  const [first, second] = [journal.begin(1, 'demand', 'host', 3), journal.begin(2, 'age', 'host', 3)];
  clock.advance(1_000);
  journal.ended(first, { closedBy: 'peer', cause: 'closed', code: 1000 }, { do: 'retry', inMs: 500.4 });
  journal.ended(second, { closedBy: 'us', cause: 'replaced' }, { do: 'nothing' });
  expect(journal.read().map(({ closedAt = 0, retryAt }) => retryAt && retryAt - closedAt)).toEqual([500, undefined]);
});

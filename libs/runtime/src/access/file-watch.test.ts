import { expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { watchFiles } from './file-watch.js';

it('tells of a change once it has rested, once', () => {
  const clock = new FakeClock();
  const files: Record<string, string> = { cert: '1', key: '1' };
  let times = 0;
  const cancel = watchFiles(
    ['cert', 'key'],
    clock,
    () => (times += 1),
    (path) => files[path] ?? '',
  );
  clock.advance(10_000);
  expect(times).toBe(0);
  files['cert'] = '2';
  clock.advance(1_000);
  files['key'] = '2';
  clock.advance(1_000);
  expect(times).toBe(0);
  clock.advance(1_000);
  expect(times).toBe(1);
  clock.advance(10_000);
  expect(times).toBe(1);
  cancel();
  expect(clock.pending).toBe(0);
});

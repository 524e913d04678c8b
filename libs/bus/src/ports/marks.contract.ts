import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Bus } from './bus.js';

const marks = (...pairs: [string, string][]): Map<string, string> => new Map(pairs);

/** What `Marks` of every bus hold. `make` gives a new, unstarted bus that shares nothing with those of other tests. */
export function marksContract(make: () => Bus): void {
  let bus: Bus;
  beforeEach(async () => {
    bus = make();
    await bus.start();
  });
  afterEach(() => bus.stop());

  const read = async (key = 'marks'): Promise<object> => Object.fromEntries(await bus.marks.read(key));

  it('has nothing where nothing was written', async () => {
    expect(await read()).toEqual({});
  });

  it('adds marks and replaces those of the same name', async () => {
    await bus.marks.write('marks', marks(['btcusdt@trade', '1'], ['币安人生usdt@trade', '{"id":2}']));
    await bus.marks.write('marks', marks(['btcusdt@trade', '3'], ['ethusdt@trade', '']));
    expect(await read()).toEqual({ 'btcusdt@trade': '3', '币安人生usdt@trade': '{"id":2}', 'ethusdt@trade': '' });
    expect(await read('others')).toEqual({});
  });

  it('forgets marks by name, also such as are not there', async () => {
    await bus.marks.write('marks', marks(['a', '1'], ['b', '2']));
    await bus.marks.forget('marks', ['a', 'c']);
    expect(await read()).toEqual({ b: '2' });
    await bus.marks.forget('nothing', ['a']);
  });

  it('takes nothing at all for nothing to do', async () => {
    await bus.marks.write('marks', marks());
    await bus.marks.forget('marks', []);
    expect(await read()).toEqual({});
  });

  it('keeps the order of writing and forgetting without being waited for', async () => {
    void bus.marks.write('marks', marks(['a', '1'], ['b', '1'], ['c', '1']));
    void bus.marks.forget('marks', ['a', 'b']);
    void bus.marks.write('marks', marks(['a', '2']));
    void bus.marks.write('marks', marks(['a', '3']));
    void bus.marks.forget('marks', ['c']);
    expect(await read()).toEqual({ a: '3' });
  });

  it('keeps thousands at once', async () => {
    const many = Array.from({ length: 3_000 }, (_, index): [string, string] => [`s${index}`, `${index}`]);
    await bus.marks.write('marks', marks(...many));
    await bus.marks.forget(
      'marks',
      many.slice(0, 1_500).map(([name]) => name),
    );
    expect(await read()).toEqual(Object.fromEntries(many.slice(1_500)));
  });

  it('gives a copy that later writing does not change', async () => {
    await bus.marks.write('marks', marks(['a', '1']));
    const before = await bus.marks.read('marks');
    await bus.marks.write('marks', marks(['a', '2']));
    expect([...before]).toEqual([['a', '1']]);
  });
}

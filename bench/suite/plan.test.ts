import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../catalogue.js';
import { type Choices, type Common, FLAGS, benchmark, commonFlags, planOf } from './plan.js';

/** What a command with all flags of a benchmark reads. */
function read(takes: readonly (keyof Choices)[], ...args: string[]): Common & Partial<Choices> {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const flag of [...commonFlags('plots'), ...takes.map((choice) => FLAGS[choice]())]) command.addOption(flag);
  return command.parse(args, { from: 'user' }).opts();
}

describe('the plan of a benchmark', () => {
  const parts = { usual: { seconds: 8, rates: [1, 2] }, quick: { seconds: 2 } };

  it('is what is usual, other with --quick, and what was asked for before either', () => {
    expect(planOf(parts, {})).toEqual({ seconds: 8, rates: [1, 2] });
    expect(planOf(parts, read(['seconds'], '--quick'))).toEqual({ seconds: 2, rates: [1, 2], quick: true });
    expect(planOf(parts, read(['seconds', 'rates'], '--quick', '--seconds', '0.5', '--rates', '10,20'))).toEqual({
      seconds: 0.5,
      rates: [10, 20],
      quick: true,
    });
  });

  it.each([
    [['seconds', '0']],
    [['seconds', 'soon']],
    [['repetitions', '1.5']],
    [['rates', '1000,']],
    [['wire', 'morse']],
    [['drops', '3']],
  ])('refuses --%j', ([flag = '', value = '']) => {
    expect(() => read(['seconds', 'repetitions', 'rates', 'wire'], `--${flag}`, value)).toThrow(
      /invalid|unknown option/,
    );
  });

  it('says where pictures go, if anywhere', () => {
    expect([read([]), read([], '--plots'), read([], '--plots', 'there')].map(({ plots }) => plots)).toEqual([
      undefined,
      'plots',
      'there',
    ]);
  });

  it('takes no choice that its benchmark does not know', () => {
    const made = benchmark({
      says: '',
      minutes: { quick: 1, usual: 1 },
      ...parts,
      load: () => Promise.reject(new Error()),
    });
    expect(made.takes).toEqual(['seconds', 'rates']);
  });

  it('bounds every benchmark, a quick run more than a usual one', () => {
    for (const [name, { minutes, says }] of Object.entries(CATALOGUE)) {
      expect(says, name).not.toBe('');
      expect(minutes.quick, name).toBeLessThan(minutes.usual);
    }
  });
});

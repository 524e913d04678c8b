import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SettingsError } from '../settings/index.js';
import { readOpenFilesLimit, roomForConnections, roomWarning } from './open-files.js';

it('takes what was asked for where it fits or nobody knows', () => {
  expect(roomForConnections(10_000, 1_048_576, 10)).toMatchObject({ taken: 10_000 });
  expect(roomForConnections(10_000, Infinity, 10)).toMatchObject({ taken: 10_000 });
  expect(roomForConnections(10_000, undefined, 10)).toMatchObject({ taken: 10_000 });
});

it('lowers the limit by what the process needs itself, and says all the numbers', () => {
  const room = roomForConnections(10_000, 1_024, 10);
  expect(room).toEqual({ asked: 10_000, taken: 837, openFiles: 1_024, reserve: 187 });
  expect(roomWarning(room)).toMatch(/takes 837 clients, not 10000: .* 1024 files .* keeps 187 .* at least 11205 /);
  expect(roomWarning(roomForConnections(800, 1_024, 10))).toBeUndefined();
});

it('the limit that the warning asks for is enough', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 300, max: 100_000 }),
      fc.integer({ min: 1, max: 100_000 }),
      fc.nat({ max: 30 }),
      (files, asked, lines) => {
        const warning = roomWarning(roomForConnections(asked, files, lines));
        const wanted = Number(/at least (\d+)/.exec(warning ?? '')?.[1] ?? files);
        expect(roomForConnections(asked, wanted, lines).taken).toBe(asked);
      },
    ),
  );
});

it('refuses to start where not one client would fit', () => {
  expect(() => roomForConnections(10_000, 64, 10)).toThrow(SettingsError);
  expect(() => roomForConnections(10_000, 64, 10)).toThrow(/HOLDFAST_MAX_CONNECTIONS .* 64 files/);
});

it('knows no limit where the system does not tell', () => {
  expect(readOpenFilesLimit('/nowhere/limits')).toBeUndefined();
});

import { expect, it } from 'vitest';
import { type Import, folderRings } from './folder-rings.js';

const imports = (...pairs: [string, string][]): Import[] => pairs.map(([from, to]) => ({ from, to }));
const inRoom = (path: string): string => `libs/room/src/${path}`;

it('names the two imports that close a ring between two folders, once', () => {
  const there: [string, string] = [inRoom('feed/desk.ts'), inRoom('order/series.ts')];
  const back: [string, string] = [inRoom('order/hole.ts'), inRoom('feed/loss.ts')];
  expect(folderRings(imports(there, back))).toEqual([imports(there, back)]);
});

it('sees a ring over three folders and over a file in the root', () => {
  const ring = imports(
    [inRoom('a/one.ts'), inRoom('b/two.ts')],
    [inRoom('b/two.ts'), inRoom('root.ts')],
    [inRoom('root.ts'), inRoom('a/three.ts')],
  );
  expect(folderRings(ring)).toEqual([ring]);
});

it('lets folders import one way, tests look both ways, and other rooms alone', () => {
  const oneWay: [string, string] = [inRoom('a/one.ts'), inRoom('b/two.ts')];
  expect(
    folderRings(imports(oneWay, [inRoom('a/one.ts'), inRoom('c/x.ts')], [inRoom('c/x.ts'), inRoom('b/y.ts')])),
  ).toEqual([]);
  expect(folderRings(imports(oneWay, [inRoom('b/two.test.ts'), inRoom('a/one.ts')]))).toEqual([]);
  expect(folderRings(imports(oneWay, [inRoom('b/two.ts'), 'libs/other/src/a/one.ts']))).toEqual([]);
});

it('takes a folder inside a folder for a folder of its own', () => {
  const ring = imports([inRoom('a/one.ts'), inRoom('a/deep/two.ts')], [inRoom('a/deep/two.ts'), inRoom('a/three.ts')]);
  expect(folderRings(ring)).toEqual([ring]);
});

import { dirname } from 'node:path';
import { isShipped } from './source-files.ts';

/** One file importing another, both inside the repository. */
export interface Import {
  from: string;
  to: string;
}

/**
 * The rings between the folders of one room: each as the imports that close it, one for every step of the way round. A file in
 * the room's root stands for itself. Tests may look wherever they like.
 */
export function folderRings(imports: readonly Import[]): Import[][] {
  const graph = new Map<string, Map<string, Import>>();
  for (const found of imports) {
    const [from, to] = [folderOf(found.from), folderOf(found.to)];
    if (!isShipped(found.from) || from === undefined || to === undefined || from === to) continue;
    if (roomOf(found.from) !== roomOf(found.to)) continue;
    const steps = graph.get(from) ?? new Map<string, Import>();
    graph.set(from, steps);
    if (!steps.has(to)) steps.set(to, found);
  }
  const rings = new Map<string, Import[]>();
  for (const folder of [...graph.keys()].sort()) {
    const ring = shortestRing(graph, folder);
    const key = ring && folders(ring);
    if (ring && key !== undefined && !rings.has(key)) rings.set(key, ring);
  }
  return [...rings.values()];
}

/** The same ring found from another of its folders has the same name. */
const folders = (ring: readonly Import[]): string =>
  ring
    .map(({ from }) => folderOf(from) ?? '')
    .toSorted()
    .join(' ');

const roomOf = (path: string): string | undefined => /^((?:libs|apps)\/[^/]+|bench|test)\//.exec(path)?.[1];

/** The node a file belongs to: its folder, or itself where it lies in the root of its room. */
export function folderOf(path: string): string | undefined {
  const room = roomOf(path);
  if (room === undefined) return undefined;
  const folder = dirname(path);
  return folder === room || folder === `${room}/src` ? path : folder;
}

function shortestRing(graph: ReadonlyMap<string, ReadonlyMap<string, Import>>, start: string): Import[] | undefined {
  const ways: [at: string, way: Import[]][] = [[start, []]];
  const seen = new Set<string>();
  for (const [at, way] of ways) {
    for (const [to, step] of graph.get(at) ?? []) {
      if (to === start) return [...way, step];
      if (!seen.has(to)) ways.push([to, [...way, step]]);
      seen.add(to);
    }
  }
  return undefined;
}

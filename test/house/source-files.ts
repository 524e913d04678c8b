import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** A file of the product as the checks read it. */
export interface SourceText {
  path: string;
  text: string;
  tree: ts.SourceFile;
}

/** The files of these folders that ship: neither tests, nor contracts, nor what tests share. Throws when there are none, because then nothing is held. */
export function sourceTexts(folders: readonly string[] = ['apps', 'libs']): SourceText[] {
  const paths = globSync(folders.map((folder) => `${folder}/**/*.{ts,tsx}`)).filter(isShipped);
  if (paths.length === 0) throw new Error(`no source files in ${folders.join(', ')}`);
  return paths.sort().map((path) => {
    const text = readFileSync(path, 'utf8');
    return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
  });
}

export const isShipped = (path: string): boolean => !/\.(test|contract|rig)\.ts$/.test(path);

/** Where a node stands, as an editor opens it. */
export function placeOf(node: ts.Node, path = node.getSourceFile().fileName): string {
  const source = node.getSourceFile();
  return `${path}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}`;
}

/** Prints the three longest files, the three longest functions and the three fullest folders; fails above the stops. */
import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import ts from 'typescript';

interface Measure {
  what: string;
  size: number;
}

const LIMITS = { file: 400, function: 60, folder: 12 };
const files = globSync(['apps/**/*.ts', 'libs/**/*.ts']).filter((file) => !/\.(test|contract)\.ts$/.test(file));
const functions: Measure[] = [];
const folders = new Map<string, number>();
const lengths = files.map((file) => measureFile(file));

const worst = {
  file: topThree(lengths),
  function: topThree(functions),
  folder: topThree([...folders].map(([what, size]) => ({ what, size }))),
};
for (const [kind, measures] of Object.entries(worst)) {
  console.log(`longest ${kind}s: ${measures.map(({ what, size }) => `${what} ${size}`).join(', ')}`);
}
const kinds = Object.keys(LIMITS) as (keyof typeof LIMITS)[];
const broken = kinds.filter((kind) => (worst[kind][0]?.size ?? 0) > LIMITS[kind]);
for (const kind of broken) console.error(`budget: a ${kind} may have at most ${LIMITS[kind]}`);
if (files.length === 0 || broken.length > 0) process.exit(1);

function measureFile(file: string): Measure {
  const text = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const folder = dirname(file);
  folders.set(folder, (folders.get(folder) ?? 0) + 1);
  visit(source, source, file);
  return { what: file, size: codeLines(text) };
}

function visit(node: ts.Node, source: ts.SourceFile, file: string): void {
  if (ts.isFunctionLike(node) && 'body' in node && node.body) {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    functions.push({ what: `${file}:${line + 1}`, size: codeLines(node.getText(source)) });
  }
  ts.forEachChild(node, (child) => visit(child, source, file));
}

/** Lines that hold code: neither blank nor only a comment. */
function codeLines(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/?\*)/.test(line)).length;
}

function topThree(measures: Measure[]): Measure[] {
  return measures.sort((a, b) => b.size - a.size).slice(0, 3);
}

/** Prints the three longest files, the three longest functions and the three fullest classes and folders; fails above the stops. */
import { dirname } from 'node:path';
import ts from 'typescript';
import { placeOf, sourceTexts } from './source-files.ts';

interface Measure {
  what: string;
  size: number;
}

/** A class counts what it does: methods, accessors and functions kept in fields; neither its data nor its constructor. */
const LIMITS = { file: 400, function: 60, class: 15, folder: 12 };
const functions: Measure[] = [];
const classes: Measure[] = [];
const folders = new Map<string, number>();
const files = sourceTexts().map(({ path, text, tree }) => {
  const folder = dirname(path);
  folders.set(folder, (folders.get(folder) ?? 0) + 1);
  visit(tree);
  return { what: path, size: codeLines(text) };
});

const measures: Record<keyof typeof LIMITS, Measure[]> = {
  file: files,
  function: functions,
  class: classes,
  folder: [...folders].map(([what, size]) => ({ what, size })),
};
const kinds = Object.keys(LIMITS) as (keyof typeof LIMITS)[];
let isBroken = false;
for (const kind of kinds) {
  const worst = measures[kind].sort((a, b) => b.size - a.size);
  const plural = kind === 'class' ? 'fullest classes' : kind === 'folder' ? 'fullest folders' : `longest ${kind}s`;
  console.log(`${plural}: ${listOf(worst.slice(0, 3))}`);
  const above = worst.filter(({ size }) => size > LIMITS[kind]);
  if (above.length > 0) console.error(`budget: a ${kind} may have at most ${LIMITS[kind]}: ${listOf(above)}`);
  isBroken ||= above.length > 0;
}
if (isBroken) process.exit(1);

function visit(node: ts.Node): void {
  if (ts.isFunctionLike(node) && 'body' in node && node.body) {
    functions.push({ what: placeOf(node), size: codeLines(node.getText()) });
  }
  if (ts.isClassLike(node)) {
    const size = node.members.filter(isDeed).length;
    classes.push({ what: `${node.name?.text ?? 'class'} (${placeOf(node)})`, size });
  }
  ts.forEachChild(node, visit);
}

function isDeed(member: ts.ClassElement): boolean {
  if (ts.isMethodDeclaration(member) || ts.isAccessor(member)) return true;
  const value = ts.isPropertyDeclaration(member) ? member.initializer : undefined;
  return value !== undefined && ts.isFunctionLike(value) && !isReplaceable(member);
}

/** A callback slot, empty until somebody fills it: `private cancel = () => undefined`. */
function isReplaceable(member: ts.ClassElement): boolean {
  return !ts.getModifiers(member as ts.PropertyDeclaration)?.some(({ kind }) => kind === ts.SyntaxKind.ReadonlyKeyword);
}

/** Lines that hold code: neither blank nor only a comment. */
function codeLines(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/?\*)/.test(line)).length;
}

function listOf(some: Measure[]): string {
  return some.map(({ what, size }) => `${what} ${size}`).join(', ');
}

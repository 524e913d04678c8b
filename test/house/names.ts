/** No type name has two meanings: a class, interface or type alias is declared once in apps and libs, exported or not. */
import ts from 'typescript';
import { placeOf, sourceTexts } from './source-files.ts';

const places = new Map<string, string[]>();
for (const { tree } of sourceTexts()) {
  for (const statement of tree.statements) {
    if (!isTypeDeclaration(statement) || !statement.name) continue;
    const name = statement.name.text;
    places.set(name, [...(places.get(name) ?? []), placeOf(statement)]);
  }
}

const doubled = [...places].filter(([, all]) => all.length > 1);
for (const [name, all] of doubled) console.error(`names: ${name} means ${all.length} things: ${all.join(', ')}`);
console.log(`names: ${places.size} types, ${doubled.length} with two meanings`);
if (places.size === 0 || doubled.length > 0) process.exit(1);

function isTypeDeclaration(
  node: ts.Node,
): node is ts.ClassDeclaration | ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
  return ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
}

/**
 * Nothing lies about that nobody uses: every public member of a class has a user somewhere (tests count), and every setting is
 * read by code that ships, outside the class that declares it.
 */
import ts from 'typescript';
import { isShipped, placeOf } from './source-files.ts';
import { type Member, decoratedWith, loadProject, ownFiles, pathOf, publicMembers, usesOf } from './uses.ts';

/** What is used where no type checker sees it: a member, or a whole class, and by whom. */
const UNSEEN: Record<string, string> = {
  Reader: 'the programs that compile-read.ts writes',
  'EventReader.[Symbol.asyncIterator]': 'loops: for await',
  'UwsAdapter.forceCloseConnections': 'Nest, when an app closes',
};

const program = loadProject();
const checker = program.getTypeChecker();
const files = ownFiles(program);
const uses = usesOf(files, checker);
const contracts = interfaces();

const settings = decoratedWith(files, 'Setting');
const unread = settings.filter((member) => !isUsed(member, isRead));
for (const member of unread) console.error(`setting: nothing reads ${nameOf(member)}`);

const members = publicMembers(files);
const unused = members.filter((member) => !isUsed(member, () => true));
const dead = unused.filter((member) => entryOf(member) === undefined);
for (const member of dead) console.error(`member: nobody uses ${nameOf(member)}`);

const entries = new Set(unused.map(entryOf));
const stale = Object.keys(UNSEEN).filter((entry) => !entries.has(entry));
for (const entry of stale) console.error(`member: ${entry} is in the list of the unseen, but is used or gone`);

console.log(
  `members: ${members.length} public ones, ${dead.length} unused; ${settings.length} settings, ${unread.length} unread`,
);
const sawNothing = members.length === 0 || settings.length === 0;
if (sawNothing || dead.length + unread.length + stale.length > 0) process.exit(1);

function entryOf({ name, owner }: Member): string | undefined {
  const type = owner.name?.text ?? '';
  return [type, `${type}.${name}`].find((entry) => entry in UNSEEN);
}

function usersOf(declaration: ts.Node): ts.Node[] {
  return (uses.get(declaration) ?? []).filter((use) => !isInside(use, declaration));
}

function isRead(use: ts.Node): boolean {
  return /^(apps|libs)\//.test(pathOf(use)) && isShipped(pathOf(use)) && !pathOf(use).includes('/settings/');
}

/** Used as itself, or as what an interface asks for that the class can stand in for. */
function isUsed({ name, owner, declaration }: Member, counts: (use: ts.Node) => boolean): boolean {
  if (usersOf(declaration).some(counts)) return true;
  const isSymbolUsed = (symbol: ts.Symbol): boolean =>
    (symbol.declarations ?? []).some((one) => usersOf(one).some(counts));
  if (inherited(owner, name).some((symbol) => isFromOutside(symbol) || isSymbolUsed(symbol))) return true;
  const type = checker.getTypeAtLocation(owner);
  return contracts.some((contract) => {
    const asked = contract.getProperty(name);
    if (asked === undefined || !isSymbolUsed(asked) || !isNear(contract, owner)) return false;
    return checker.isTypeAssignableTo(type, contract);
  });
}

/** The same member as a class or interface above declares it. */
function inherited(owner: ts.ClassDeclaration, name: string): ts.Symbol[] {
  const above = (owner.heritageClauses ?? []).flatMap(({ types }) => types);
  return above.flatMap((type) => checker.getTypeAtLocation(type).getProperty(name) ?? []);
}

function isFromOutside(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some((declaration) => pathOf(declaration).includes('node_modules/'));
}

/** A type without a name is met only in its own room. */
function isNear({ symbol }: ts.Type, owner: ts.ClassDeclaration): boolean {
  const room = (node: ts.Node): string => pathOf(node).split('/src/')[0] ?? '';
  return (symbol.declarations ?? []).some((node) => ts.isInterfaceDeclaration(node) || room(node) === room(owner));
}

/** Every interface, and every type written as an object, of the repository. */
function interfaces(): ts.Type[] {
  const found: ts.Type[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node) || ts.isTypeLiteralNode(node)) found.push(checker.getTypeAtLocation(node));
    ts.forEachChild(node, visit);
  };
  for (const file of files) visit(file);
  return found;
}

function nameOf({ name, owner, declaration }: Member): string {
  return `${owner.name?.text ?? 'class'}.${name} (${placeOf(declaration, pathOf(declaration))})`;
}

/** A member that only calls itself has no user. */
function isInside(node: ts.Node, declaration: ts.Node): boolean {
  return (
    node.getSourceFile() === declaration.getSourceFile() && node.pos >= declaration.pos && node.end <= declaration.end
  );
}

import ts from 'typescript';
import { isShipped } from './source-files.ts';

/** A property, method or accessor and where it was declared. */
export interface Member {
  name: string;
  owner: ts.ClassDeclaration;
  declaration: ts.ClassElement | ts.ParameterDeclaration;
}

/** The whole project as the type checker knows it. */
export function loadProject(): ts.Program {
  const config = ts.getParsedCommandLineOfConfigFile(
    'tsconfig.json',
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail },
  );
  return ts.createProgram(config?.fileNames ?? [], config?.options ?? {});
}

const fail = ({ messageText }: ts.Diagnostic): never => {
  throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
};

export const pathOf = (node: ts.Node): string => node.getSourceFile().fileName.replace(`${process.cwd()}/`, '');

/** The source files of the repository itself. */
export const ownFiles = (program: ts.Program): ts.SourceFile[] =>
  program.getSourceFiles().filter((file) => /^(apps|libs|test|bench)\//.test(pathOf(file)));

/** The members of the classes that ship: those that other files may use, decorated ones left out (a framework calls them). */
export function publicMembers(files: readonly ts.SourceFile[]): Member[] {
  return classes(files).flatMap((owner) => membersOf(owner).filter(({ declaration }) => !isDecorated(declaration)));
}

/** The properties that carry this decorator. */
export function decoratedWith(files: readonly ts.SourceFile[], decorator: string): Member[] {
  return classes(files).flatMap((owner) =>
    membersOf(owner).filter(({ declaration }) => decoratorsOf(declaration).some((name) => name === decorator)),
  );
}

/**
 * What is read, called or taken apart: for each declaration, the nodes that do it. A member that is written in an object
 * literal, or assigned, is not used by that.
 */
export function usesOf(files: readonly ts.SourceFile[], checker: ts.TypeChecker): Map<ts.Node, ts.Node[]> {
  const uses = new Map<ts.Node, ts.Node[]>();
  const note = (symbol: ts.Symbol | undefined, by: ts.Node): void => {
    for (const declaration of symbol?.declarations ?? []) {
      const all = uses.get(declaration) ?? [];
      uses.set(declaration, all);
      all.push(by);
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) {
      if (!isAssigned(node)) note(checker.getSymbolAtLocation(node.name), node);
    } else if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
      note(checker.getTypeAtLocation(node.expression).getProperty(node.argumentExpression.text), node);
    } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = node.propertyName ?? node.name;
      if (ts.isIdentifier(name)) note(checker.getTypeAtLocation(node.parent).getProperty(name.text), node);
    } else if (isDestructuring(node)) {
      const type = checker.getTypeAtLocation(node.right);
      for (const { name } of node.left.properties) if (name) note(type.getProperty(name.getText()), node);
    } else if (ts.isIndexedAccessTypeNode(node) && ts.isLiteralTypeNode(node.indexType)) {
      const key = node.indexType.literal;
      if (ts.isStringLiteral(key)) note(checker.getTypeAtLocation(node.objectType).getProperty(key.text), node);
    }
    ts.forEachChild(node, visit);
  };
  for (const file of files) visit(file);
  return uses;
}

function classes(files: readonly ts.SourceFile[]): ts.ClassDeclaration[] {
  const found: ts.ClassDeclaration[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isClassDeclaration(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  for (const file of files) if (/^(apps|libs)\//.test(pathOf(file)) && isShipped(file.fileName)) visit(file);
  return found;
}

function membersOf(owner: ts.ClassDeclaration): Member[] {
  const declarations = owner.members.flatMap((member): Member['declaration'][] =>
    ts.isConstructorDeclaration(member)
      ? member.parameters.filter((parameter) => ts.isParameterPropertyDeclaration(parameter, member))
      : [member],
  );
  return declarations
    .filter((declaration) => !isPrivate(declaration) && declaration.name !== undefined)
    .map((declaration) => ({ name: declaration.name?.getText() ?? '', owner, declaration }));
}

const isPrivate = (node: ts.Declaration): boolean =>
  (ts.getCombinedModifierFlags(node) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0;

function decoratorsOf(node: ts.Node): string[] {
  const decorators = ts.canHaveDecorators(node) ? (ts.getDecorators(node) ?? []) : [];
  return decorators.map(({ expression }) =>
    (ts.isCallExpression(expression) ? expression.expression : expression).getText(),
  );
}

const isDecorated = (node: ts.Node): boolean => decoratorsOf(node).length > 0;

function isAssigned(node: ts.Expression): boolean {
  const { parent } = node;
  return (
    ts.isBinaryExpression(parent) && parent.left === node && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
  );
}

function isDestructuring(node: ts.Node): node is ts.BinaryExpression & { left: ts.ObjectLiteralExpression } {
  return (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
    ts.isObjectLiteralExpression(node.left)
  );
}

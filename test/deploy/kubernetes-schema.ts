import * as apps from 'kubernetes-models/apps/v1';
import * as autoscaling from 'kubernetes-models/autoscaling/v2';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import ts from 'typescript';
import { crdTroubles } from './crd-shapes.js';
import type { KubernetesObject } from './manifests.js';

const PACKAGES: Record<string, object> = {
  'apps/v1': apps,
  'autoscaling/v2': autoscaling,
  'networking.k8s.io/v1': networking,
  'policy/v1': policy,
  v1: core,
};

/** What Kubernetes' own schemas object to in an object; they let unknown fields pass. */
export function schemaTroubles(object: KubernetesObject): string[] {
  const ofOthers = crdTroubles(object);
  if (ofOthers) return ofOthers;
  const Kind: unknown = Reflect.get(PACKAGES[object.apiVersion] ?? {}, object.kind);
  if (typeof Kind !== 'function') return [`no schema for ${object.apiVersion} ${object.kind}`];
  try {
    (Reflect.construct(Kind, [object]) as { validate(): void }).validate();
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** What the compiler has read of the types: the same for every object. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/**
 * Fields that Kubernetes does not have (a probe spelled `readinesProbe` would simply never run). The compiler finds them:
 * it refuses an object literal with a property that its type lacks.
 */
export function strayFields(objects: KubernetesObject[]): string[] {
  const file = 'test/deploy/rendered.ts';
  const text = objects
    .filter(({ apiVersion }) => Object.hasOwn(PACKAGES, apiVersion))
    .map(typedLiteral)
    .join('\n');
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    // Objects and their fields are all there is; most of the time went into reading what browsers have.
    lib: ['lib.es5.d.ts'],
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, version) => {
    if (name === file) return ts.createSourceFile(name, text, version);
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, version));
    return parsed.get(name);
  };
  const program = ts.createProgram([file], options, host);
  const troubles = [...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()];
  return troubles.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

const typedLiteral = (object: KubernetesObject, index: number): string =>
  `export const _${index}: import('kubernetes-models/${object.apiVersion}').I${object.kind} = ${JSON.stringify(object)};`;

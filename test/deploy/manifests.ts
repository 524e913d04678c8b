import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Deployment, type IDeployment } from 'kubernetes-models/apps/v1';
import { type INetworkPolicy, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { type IPodDisruptionBudget, PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, type IConfigMap, type IService, Service } from 'kubernetes-models/v1';
import { parse, parseAllDocuments } from 'yaml';

/** What every Kubernetes object says of itself. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string };
}

/** The objects of a kustomization, by kind. */
export interface Manifests {
  all: KubernetesObject[];
  deployments: IDeployment[];
  services: IService[];
  configMaps: IConfigMap[];
  budgets: IPodDisruptionBudget[];
  policies: INetworkPolicy[];
}

/** Whether this machine has a kubectl that renders our folders: `labels` needs kustomize 4.1, which came with 1.22. */
export function kubectlIs(): 'renders' | 'does not render' {
  try {
    const version = execFileSync('kubectl', ['version', '--client', '-o', 'json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return /"kustomizeVersion": *"v?(4\.[1-9]|[5-9])/.test(String(version)) ? 'renders' : 'does not render';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'does not render';
    throw error;
  }
}

/** What `kubectl kustomize` makes of a folder. */
export const render = (folder: string): Manifests =>
  sorted(
    parseAllDocuments(execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' })).map((doc) => doc.toJS()),
  );

/** The resources of a folder that only lists files and makes ConfigMaps, read without kubectl; no name gets a hash. */
export function readResources(folder: string): Manifests {
  const { resources, configMapGenerator } = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as {
    resources: string[];
    configMapGenerator: { name: string; literals: string[] }[];
  };
  const files = resources.map((file) => readFileSync(join(folder, file), 'utf8'));
  const maps = configMapGenerator.map(({ name, literals }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: Object.fromEntries(literals.map((literal) => literal.split(/=(.*)/s).slice(0, 2))),
  }));
  return sorted([...files.flatMap((file) => parseAllDocuments(file).map((doc) => doc.toJS())), ...maps]);
}

const sorted = (all: KubernetesObject[]): Manifests => ({
  all,
  deployments: all.filter(Deployment.is),
  services: all.filter(Service.is),
  configMaps: all.filter(ConfigMap.is),
  budgets: all.filter(PodDisruptionBudget.is),
  policies: all.filter(NetworkPolicy.is),
});

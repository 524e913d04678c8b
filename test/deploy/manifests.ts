import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { Deployment, type IDeployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler, type IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { type INetworkPolicy, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { type IPodDisruptionBudget, PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, type IConfigMap, type ISecret, type IService, Secret, Service } from 'kubernetes-models/v1';
import { parse, parseAllDocuments } from 'yaml';

/** What every Kubernetes object says of itself. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string };
  spec?: unknown;
}

/** The objects of a kustomization, by kind. */
export interface Manifests {
  all: KubernetesObject[];
  deployments: IDeployment[];
  services: IService[];
  configMaps: IConfigMap[];
  secrets: ISecret[];
  budgets: IPodDisruptionBudget[];
  policies: INetworkPolicy[];
  autoscalers: IHorizontalPodAutoscaler[];
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

/** What it makes of an overlay over another folder, as a user writes one: `more` is the rest of its kustomization.yaml. */
export function renderOver(folder: string, more: string): Manifests {
  const overlay = mkdtempSync(join(realpathSync(tmpdir()), 'overlay-'));
  const from = (path: string): string => relative(overlay, resolve(path));
  const head = `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [${from(folder)}]\n`;
  try {
    const named = more.replaceAll(/(?<=- )k8s\/\S+/g, from);
    writeFileSync(join(overlay, 'kustomization.yaml'), head + named);
    return render(overlay);
  } finally {
    rmSync(overlay, { recursive: true });
  }
}

/** The resources of a folder that only lists files and makes ConfigMaps and Secrets, read without kubectl; no name gets a hash. */
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
  secrets: all.filter(Secret.is),
  budgets: all.filter(PodDisruptionBudget.is),
  policies: all.filter(NetworkPolicy.is),
  autoscalers: all.filter(HorizontalPodAutoscaler.is),
});

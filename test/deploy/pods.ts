import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { IContainer, IPodSpec, IProbe, ITopologySpreadConstraint } from 'kubernetes-models/v1';
import type { Manifests } from './manifests.js';
import type { Labels } from './reach.js';

/** The pods of one Deployment. */
export interface PodPlan {
  name: string;
  labels: Labels;
  spec: IPodSpec;
  container: IContainer;
  ports: Record<string, number>;
}

export function podOf({ metadata, spec }: IDeployment): PodPlan {
  const pod = spec?.template.spec;
  const [container, ...others] = pod?.containers ?? [];
  if (!pod || !container || others.length > 0) throw new Error('a pod of ours has one container');
  const ports = Object.fromEntries((container.ports ?? []).map(({ name, containerPort }) => [name, containerPort]));
  return { name: metadata?.name ?? '', labels: spec?.template.metadata?.labels ?? {}, spec: pod, container, ports };
}

export const spreadsOf = (manifests: Manifests | undefined): ITopologySpreadConstraint[] =>
  (manifests?.deployments ?? []).flatMap(({ spec }) => spec?.template.spec?.topologySpreadConstraints ?? []);

export const probesOf = ({ startupProbe, livenessProbe, readinessProbe }: IContainer): IProbe[] =>
  [startupProbe, livenessProbe, readinessProbe].filter((probe) => probe !== undefined);

/** The variables that a container gets, the later source before the earlier one. */
export function environmentOf({ env = [], envFrom = [] }: IContainer, manifests: Manifests): Record<string, string> {
  const sources = envFrom.flatMap(({ configMapRef, secretRef }) => [
    ...(configMapRef ? dataOf(manifests.configMaps, configMapRef.name) : []),
    // Without kubectl nobody has made the Secrets, and those of our own are empty.
    ...(secretRef && manifests.secrets.length > 0 ? decoded(dataOf(manifests.secrets, secretRef.name)) : []),
  ]);
  return Object.fromEntries([...sources, ...env.map(({ name, value = '' }): [string, string] => [name, value])]);
}

/** What a path in the container holds that a Secret is mounted under. */
export function mountedFile({ container, spec }: PodPlan, path: string, { secrets }: Manifests): string | undefined {
  const mount = container.volumeMounts?.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
  const secretName = spec.volumes?.find(({ name }) => name === mount?.name)?.secret?.secretName;
  const data = Object.fromEntries(decoded(dataOf(secrets, secretName)));
  return mount && data[path.slice(mount.mountPath.length + 1)];
}

/** `1Gi`, `512Mi` or `512mb` in bytes. */
export function bytesOf(quantity: unknown): number {
  const [, digits, unit = ''] = /^(\d+)(Gi|Mi|mb)$/.exec(String(quantity)) ?? [];
  if (digits === undefined) throw new Error(`${String(quantity)} is not understood here`);
  return Number(digits) * (unit === 'Gi' ? 2 ** 30 : 2 ** 20);
}

interface Named {
  metadata?: { name?: string };
  data?: Record<string, string>;
}

function dataOf(all: readonly Named[], name: string | undefined): [string, string][] {
  const found = all.find(({ metadata }) => metadata?.name === name);
  if (!found) throw new Error(`nothing is named ${name}`);
  return Object.entries(found.data ?? {});
}

const decoded = (data: [string, string][]): [string, string][] =>
  data.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);

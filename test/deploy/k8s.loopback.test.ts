import { existsSync, readFileSync } from 'node:fs';
import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { IContainer, IPodSpec, IProbe, ITopologySpreadConstraint } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { EdgeSettings, roomForBacklogs } from '#libs/runtime';
import { schemaTroubles, strayFields } from './kubernetes-schema.js';
import { type Manifests, kubectlIs, readResources, render } from './manifests.js';
import { type Labels, canReach, selects } from './reach.js';
import { isRole, troublesOf } from './settings.js';

const kubectl = kubectlIs();
const OVERLAYS = ['k8s/overlays/local', 'k8s/overlays/production', 'k8s/overlays/staging'];
const rendered: [string, () => Manifests][] =
  kubectl === 'renders' ? ['k8s/base', ...OVERLAYS].map((folder) => [folder, () => render(folder)]) : [];
if (kubectl === 'does not render')
  rendered.push(['k8s/base (its files; no kubectl here that renders it)', () => readResources('k8s/base')]);

describe.skipIf(kubectl === 'does not render')(
  'two installations in one namespace (needs kubectl 1.22 or newer)',
  () => {
    const [one, other] =
      kubectl === 'renders' ? [render('k8s/overlays/production'), render('k8s/overlays/staging')] : [];
    const podsOf = (manifests: Manifests | undefined): Labels[] =>
      (manifests?.deployments ?? []).map(({ spec }) => spec?.template.metadata?.labels ?? {});
    const selectorsOf = (manifests: Manifests | undefined): object[] => [
      ...(manifests?.deployments ?? []).map(({ spec }) => spec?.selector ?? {}),
      ...(manifests?.services ?? []).map(({ spec }) => ({ matchLabels: spec?.selector ?? {} })),
      ...(manifests?.budgets ?? []).map(({ spec }) => spec?.selector ?? {}),
      ...(manifests?.policies ?? []).map(({ spec }) => spec?.podSelector ?? {}),
      ...spreadsOf(manifests).map(({ labelSelector }) => labelSelector ?? {}),
    ];

    it('select nothing of each other', () => {
      for (const [some, others] of [
        [one, other],
        [other, one],
      ]) {
        expect(podsOf(some)).toHaveLength(3);
        const foreign = selectorsOf(some).filter((selector) =>
          podsOf(others).some((labels) => selects(selector, labels)),
        );
        expect(foreign).toEqual([]);
      }
    });

    it('let nobody of the other reach their Redis', () => {
      const policies = [...(one?.policies ?? []), ...(other?.policies ?? [])];
      const pod = (of: Labels[], component: string): { labels: Labels; ports: Record<string, number> } => ({
        labels: of.find((labels) => labels['app.kubernetes.io/component'] === component) ?? {},
        ports: { redis: 6379 },
      });
      const [ours, theirs] = [podsOf(one), podsOf(other)];
      expect(canReach(policies, pod(ours, 'edge'), pod(ours, 'redis'), 6379)).toBe(true);
      expect(canReach(policies, pod(ours, 'edge'), pod(theirs, 'redis'), 6379)).toBe(false);
      expect(canReach(policies, pod(theirs, 'upstream'), pod(ours, 'redis'), 6379)).toBe(false);
    });

    it('share no name', () => {
      const names = [one, other]
        .flatMap((manifests) => manifests?.all ?? [])
        .map(({ kind, metadata }) => `${kind}/${metadata?.name}`);
      expect(names).toEqual([...new Set(names)]);
    });
  },
);

it('the command that the README shows is for an image that can be there', () => {
  const [, folder = ''] = /`kubectl apply -k (\S+)`/.exec(readFileSync('README.md', 'utf8')) ?? [];
  expect(readFileSync(`${folder}/kustomization.yaml`, 'utf8')).toMatch(/newTag: local/);
});

describe.each(rendered)('%s', (_, read) => {
  const manifests = read();
  const { all, deployments, services, budgets, policies } = manifests;
  const pods = deployments.map((deployment) => ({ name: deployment.metadata?.name ?? '', ...podOf(deployment) }));
  const roles = pods.flatMap((pod) => {
    const role = pod.labels['app.kubernetes.io/component'];
    return isRole(role) ? [{ role, ...pod }] : [];
  });
  const selectedBy = (selector: object): typeof pods => pods.filter(({ labels }) => selects(selector, labels));

  it('satisfies the Kubernetes schemas and has no field that they lack', () => {
    expect(all.flatMap(schemaTroubles)).toEqual([]);
    expect(strayFields(all)).toEqual([]);
  });

  it('has the two roles and Redis', () => {
    const withoutPrefix = (name = ''): string => name.replace(/^staging-/, '');
    const names = pods.map(({ name }) => withoutPrefix(name)).toSorted();
    expect(names).toEqual(['holdfast-edge', 'holdfast-redis', 'holdfast-upstream']);
    expect(
      deployments.find(({ metadata }) => withoutPrefix(metadata?.name) === 'holdfast-upstream')?.spec,
    ).toMatchObject({
      replicas: 1,
      strategy: { type: 'Recreate' },
    });
  });

  it('selects pods that exist, with every Deployment, Service, budget and policy', () => {
    const chosen = deployments.map(({ spec }) => selectedBy(spec?.selector ?? {}).map(({ name }) => name));
    expect(chosen).toEqual(deployments.map(({ metadata }) => [metadata?.name]));
    const selectors = [
      ...services.map(({ spec }) => ({ matchLabels: spec?.selector ?? {} })),
      ...budgets.map(({ spec }) => spec?.selector ?? {}),
      ...policies.map(({ spec }) => spec?.podSelector ?? {}),
    ];
    expect(selectors.filter((selector) => selectedBy(selector).length === 0)).toEqual([]);
  });

  it('points every Service and probe at a port that the container has', () => {
    const targets = services.flatMap(({ spec }) =>
      selectedBy({ matchLabels: spec?.selector ?? {} }).flatMap((pod) =>
        (spec?.ports ?? []).map(({ targetPort }) => ({ pod, port: String(targetPort) })),
      ),
    );
    const probed = pods.flatMap((pod) =>
      probesOf(pod.container).flatMap(({ httpGet }) => (httpGet ? [{ pod, port: String(httpGet.port) }] : [])),
    );
    const wrong = [...targets, ...probed].filter(({ pod, port }) => !Object.hasOwn(pod.ports, port));
    expect(wrong.map(({ pod, port }) => `${pod.name} has no port ${port}`)).toEqual([]);
    expect(pods.filter(({ container }) => probesOf(container).length < 3).map(({ name }) => name)).toEqual([]);
  });

  it('gives each role only settings that it reads and accepts, and a Redis that is a Service here', () => {
    const environments = roles.map(({ role, container }) => ({
      role,
      environment: environmentOf(container, manifests),
    }));
    expect(environments.flatMap(({ role, environment }) => troublesOf(role, environment))).toEqual([]);
    const offered = new Set(
      services.flatMap(({ metadata, spec }) => (spec?.ports ?? []).map(({ port }) => `${metadata?.name}:${port}`)),
    );
    const wanted = environments.map(({ environment }) => {
      const { hostname, port } = new URL(environment['HOLDFAST_REDIS_URL'] ?? '');
      return `${hostname}:${port || 6379}`;
    });
    expect(wanted.filter((host) => !offered.has(host))).toEqual([]);
  });

  it('rolls the pods when a setting or a secret changes', () => {
    const sources = roles.flatMap(({ container }) => container.envFrom ?? []);
    const names = sources.flatMap(({ configMapRef, secretRef }) => configMapRef?.name ?? secretRef?.name ?? []);
    expect(names).toHaveLength(4);
    if (kubectl === 'renders') expect(names.filter((name) => !/-[a-z0-9]{10}$/.test(name))).toEqual([]);
  });

  it('listens on addresses of both families, and every Service has both where the cluster does', () => {
    for (const { role, container } of roles) {
      const environment = environmentOf(container, manifests);
      expect(environment['HOLDFAST_OPS_HOST']).toBe('::');
      if (role === 'edge') expect(environment['HOLDFAST_HOST']).toBe('::');
    }
    expect(services.map(({ spec }) => spec?.ipFamilyPolicy)).toEqual(services.map(() => 'PreferDualStack'));
  });

  it('spreads without leaving a pod pending, and only pods of one release against one another', () => {
    const spreads = spreadsOf(manifests);
    expect(spreads.length).toBeGreaterThan(0);
    for (const spread of spreads) {
      expect(spread).toMatchObject({ whenUnsatisfiable: 'ScheduleAnyway', matchLabelKeys: ['pod-template-hash'] });
    }
  });

  it('starts each role from the program of that name, all from one image', () => {
    expect(roles.map(({ container }) => container.command)).toEqual(
      roles.map(({ role }) => ['node', `dist/apps/${role}/src/main.js`]),
    );
    expect(roles.filter(({ role }) => !existsSync(`apps/${role}/src/main.ts`)).map(({ role }) => role)).toEqual([]);
    expect(new Set(roles.map(({ container }) => container.image)).size).toBe(1);
  });

  it.each(pods)('gives $name no more than it needs', ({ spec, container }) => {
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      // With them on, a Service named "holdfast" would set HOLDFAST_PORT to something that ends the process.
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources).toMatchObject({
      requests: { cpu: expect.anything(), memory: expect.anything() },
      limits: { memory: expect.anything() },
    });
  });

  it('gives an edge more memory than may wait for slow clients, with room for all the rest', () => {
    const edges = roles.filter(({ role }) => role === 'edge');
    const rooms = edges.map(({ container }) => {
      const [, gibibytes] = /^(\d+)Gi$/.exec(String(container.resources?.limits?.['memory'])) ?? [];
      const asked = environmentOf(container, manifests)['HOLDFAST_MAX_BACKLOGS_BYTES'];
      const memory = Number(gibibytes) * 2 ** 30;
      // Buffers grow by doubling.
      return memory - 2 * roomForBacklogs(Number(asked ?? new EdgeSettings().maxBacklogsBytes), memory);
    });
    expect(rooms.map((room) => room >= 400 * 2 ** 20)).toEqual(edges.map(() => true));
  });

  it('lets each end reach what it needs, and nothing else', () => {
    const pod = (component: string): { labels: Labels; ports: Record<string, number> } => {
      const found = pods.find(({ labels }) => labels['app.kubernetes.io/component'] === component);
      if (!found) throw new Error(`no ${component}`);
      return found;
    };
    const [upstream, edge, redis] = [pod('upstream'), pod('edge'), pod('redis')];
    const client = { labels: { 'holdfast/client': 'true' } };
    const prometheus = { labels: { 'holdfast/monitoring': 'true' } };
    const stranger = { labels: { app: 'other' } };
    const binance = { address: '52.84.150.34' };
    const ways = {
      'upstream → redis': canReach(policies, upstream, redis, 6379),
      'edge → redis': canReach(policies, edge, redis, 6379),
      'upstream → Binance': canReach(policies, upstream, binance, 443) && canReach(policies, upstream, binance, 9443),
      'edge → Binance': canReach(policies, edge, binance, 443),
      'client → edge': canReach(policies, client, edge, 9443),
      'monitoring → ops': canReach(policies, prometheus, edge, 9464) && canReach(policies, prometheus, upstream, 9464),
      'upstream → cloud credentials': canReach(policies, upstream, { address: '169.254.169.254' }, 443),
      'edge → cloud credentials': canReach(policies, edge, { address: '169.254.169.254' }, 443),
      'upstream → private address': canReach(policies, upstream, { address: '10.1.2.3' }, 443),
      'upstream → edge': canReach(policies, upstream, edge, 9443),
      'redis → anything': canReach(policies, redis, binance, 443) || canReach(policies, redis, edge, 9443),
      'client → ops': canReach(policies, client, edge, 9464),
      'client → redis': canReach(policies, client, redis, 6379),
      'monitoring → edge': canReach(policies, prometheus, edge, 9443),
      'stranger → anything': [edge, upstream, redis].some((to) =>
        [9443, 9464, 6379].some((port) => canReach(policies, stranger, to, port)),
      ),
    };
    expect(
      Object.entries(ways)
        .filter(([, isOpen]) => isOpen)
        .map(([way]) => way),
    ).toEqual([
      'upstream → redis',
      'edge → redis',
      'upstream → Binance',
      'edge → Binance',
      'client → edge',
      'monitoring → ops',
    ]);
  });
});

interface Pod {
  labels: Labels;
  spec: IPodSpec;
  container: IContainer;
  ports: Record<string, number>;
}

function podOf({ spec }: IDeployment): Pod {
  const pod = spec?.template.spec;
  const [container, ...others] = pod?.containers ?? [];
  if (!pod || !container || others.length > 0) throw new Error('a pod of ours has one container');
  const ports = Object.fromEntries((container.ports ?? []).map(({ name, containerPort }) => [name, containerPort]));
  return { labels: spec?.template.metadata?.labels ?? {}, spec: pod, container, ports };
}

const spreadsOf = (manifests: Manifests | undefined): ITopologySpreadConstraint[] =>
  (manifests?.deployments ?? []).flatMap(({ spec }) => spec?.template.spec?.topologySpreadConstraints ?? []);

const probesOf = ({ startupProbe, livenessProbe, readinessProbe }: IContainer): IProbe[] =>
  [startupProbe, livenessProbe, readinessProbe].filter((probe) => probe !== undefined);

function environmentOf({ env = [], envFrom = [] }: IContainer, { configMaps }: Manifests): Record<string, string> {
  const fromMaps = envFrom.flatMap(({ configMapRef }) => {
    if (!configMapRef) return [];
    const map = configMaps.find(({ metadata }) => metadata?.name === configMapRef.name);
    if (!map) throw new Error(`no ConfigMap ${configMapRef.name}`);
    return Object.entries(map.data ?? {});
  });
  return Object.fromEntries([...fromMaps, ...env.map(({ name, value = '' }): [string, string] => [name, value])]);
}

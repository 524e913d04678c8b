import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BusSettings, EdgeSettings, UpstreamSettings, roomForBacklogs } from '#libs/runtime';
import { schemaTroubles, strayFields } from './kubernetes-schema.js';
import { type Manifests, kubectlIs, readResources, render } from './manifests.js';
import { type PodPlan, bytesOf, environmentOf, mountedFile, podOf, probesOf, spreadsOf } from './pods.js';
import { type Labels, canReach, selects } from './reach.js';
import { isRole, troublesOf } from './settings.js';

const kubectl = kubectlIs();
const OVERLAYS = ['k8s/overlays/local', 'k8s/overlays/production', 'k8s/overlays/staging'];
const rendered: [string, () => Manifests][] =
  kubectl === 'renders' ? ['k8s/base', ...OVERLAYS].map((folder) => [folder, () => render(folder)]) : [];
if (kubectl === 'does not render')
  rendered.push(['k8s/base (its files; no kubectl here that renders it)', () => readResources('k8s/base')]);

it('the command that the documents begin with is for an image that can be there', () => {
  const [, folder = ''] = /`kubectl apply -k (\S+)`/.exec(readFileSync('docs/deploying.md', 'utf8')) ?? [];
  expect(readFileSync(`${folder}/kustomization.yaml`, 'utf8')).toMatch(/newTag: local/);
});

describe.each(rendered)('%s', (_, read) => {
  const manifests = read();
  const { all, deployments, services, budgets, policies } = manifests;
  const pods = deployments.map(podOf);
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
    const names = pods.map(({ name }) => name.replace(/^staging-/, '')).toSorted();
    expect(names).toEqual(['holdfast-edge', 'holdfast-redis', 'holdfast-upstream']);
  });

  it('runs two upstreams side by side where they know of each other, and nowhere else', () => {
    const upstream = roles.find(({ role }) => role === 'upstream');
    const spec = deployments.find(({ metadata }) => metadata?.name === upstream?.name)?.spec;
    const isStandby = upstream && environmentOf(upstream.container, manifests)['HOLDFAST_STANDBY'] === 'yes';
    expect(spec).toMatchObject(
      isStandby
        ? { replicas: 2, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }
        : { replicas: 1, strategy: { type: 'Recreate' } },
    );
    // A budget of one that is alone would hold up every drain.
    const budgeted = budgets.some((budget) => selects(budget.spec?.selector ?? {}, upstream?.labels ?? {}));
    expect(budgeted).toBe(isStandby);
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
    const environments = roles.map(({ role, ...pod }) => ({
      role,
      environment: withFilesHere(pod, manifests),
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

  it('gives each role the memory that its own bounds add up to', () => {
    const MIB = 2 ** 20;
    for (const { role, container } of roles) {
      const environment = environmentOf(container, manifests);
      const set = (name: string, usual: number): number => Number(environment[name] ?? usual);
      const memory = bytesOf(container.resources?.limits?.['memory']);
      // Events, questions and answers have a queue each.
      const queues = 2 * set('HOLDFAST_BUS_QUEUE_BYTES', new BusSettings().queueBytes);
      const { maxBacklogsBytes, historyBytes, restCacheBytes } = new EdgeSettings();
      const backlogs = roomForBacklogs(set('HOLDFAST_MAX_BACKLOGS_BYTES', maxBacklogsBytes), memory);
      const bounds = {
        // Buffers grow by doubling; answers of REST that are read slowly take a quarter as much beside.
        edge:
          2 * (backlogs + backlogs / 4) +
          set('HOLDFAST_HISTORY_BYTES', historyBytes) +
          set('HOLDFAST_CLIENT_REST_CACHE_BYTES', restCacheBytes),
        // 500 books of diffs.
        upstream: set('HOLDFAST_UPSTREAM_HISTORY_BYTES', new UpstreamSettings().historyBytes) + 500 * 0.2 * MIB,
      };
      expect(`${role} needs ${Math.round((150 * MIB + queues + bounds[role]) / MIB)} of ${memory / MIB} MiB`).toSatisfy(
        () => 150 * MIB + queues + bounds[role] <= memory,
      );
    }
  });

  it('waits for an edge that stops until it has parted with its clients, and that until nobody is sent there any more', () => {
    for (const { container, spec } of roles.filter(({ role }) => role === 'edge')) {
      const environment = environmentOf(container, manifests);
      const [waitMs, graceMs] = ['WAIT', 'GRACE'].map((name) => Number(environment[`HOLDFAST_DRAIN_${name}_MS`]));
      // A hook before the stop would wait a second time.
      expect(container.lifecycle).toBeUndefined();
      expect(waitMs).toBeGreaterThanOrEqual(5_000);
      expect(graceMs).toBeGreaterThanOrEqual(10_000);
      const neededS = ((waitMs ?? Number.NaN) + (graceMs ?? Number.NaN)) / 1_000 + 10;
      expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(neededS);
    }
  });

  it('waits for an upstream that stops until it has handed over, or nobody could take it', () => {
    for (const { container, spec } of roles.filter(({ role }) => role === 'upstream')) {
      const looksForS = environmentOf(container, manifests)['HOLDFAST_STANDBY'] === 'yes' ? 5 : 0;
      expect(container.lifecycle).toBeUndefined();
      expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(looksForS + 10);
    }
  });

  it('restarts nobody for what others have, and sends clients to whoever can take them', () => {
    for (const { container } of roles) {
      const paths = probesOf(container).map(({ httpGet }) => httpGet?.path);
      expect(paths).toEqual(['/healthz', '/healthz', '/readyz']);
      const environment = environmentOf(container, manifests);
      expect(environment['HOLDFAST_READY_NEEDS_DATA']).toBeUndefined();
      // A process that stands still for half a minute is not restarted for it.
      const { periodSeconds = 10, failureThreshold = 3 } = container.livenessProbe ?? {};
      expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(30);
    }
  });

  it('replaces those of a node that does not answer within half a minute, and a Redis not before it is given up', () => {
    const waits = pods.map(({ name, spec }) => [
      name.replace(/^staging-/, ''),
      (spec.tolerations ?? []).map(({ tolerationSeconds }) => tolerationSeconds),
    ]);
    expect(Object.fromEntries(waits)).toEqual({
      'holdfast-edge': [30, 30],
      'holdfast-upstream': [30, 30],
      'holdfast-redis': [300, 300],
    });
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

/** The variables of a container, with the file that a Secret brings where this machine can read it. */
function withFilesHere(pod: PodPlan, manifests: Manifests): Record<string, string> {
  const environment = environmentOf(pod.container, manifests);
  const path = environment['HOLDFAST_TOKENS_FILE'];
  if (path === undefined) return environment;
  const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'tokens');
  const text = mountedFile(pod, path, manifests);
  if (text !== undefined) writeFileSync(file, text);
  return { ...environment, HOLDFAST_TOKENS_FILE: file };
}

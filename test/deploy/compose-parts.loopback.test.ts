import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { parse, stringify } from 'yaml';
import { freePort } from '#libs/drill';
import { EdgeSettings } from '#libs/runtime';
import { type TestEdge, startEdge } from '../support/start-edge.js';
import { until } from '../support/until.js';
import { OF_THE_SCRAPE, hasPromtool } from './promql.js';

const haproxyConfig = readFileSync('compose/haproxy.cfg', 'utf8');
const { services } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
  services: Record<
    'prometheus' | 'grafana' | 'edge',
    { command: string[]; volumes: string[]; environment: Record<string, string> }
  >;
};

const hasHaproxy = ((): boolean => {
  try {
    execFileSync('haproxy', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'compose-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
};

describe.skipIf(!hasHaproxy)(
  'the balancer of docker-compose.yml (needs haproxy, of Debian’s package of that name)',
  () => {
    it('has a configuration that HAProxy takes as it stands', () => {
      const { status, stderr } = spawnSync('haproxy', ['-c', '-f', 'compose/haproxy.cfg'], { encoding: 'utf8' });
      expect(`${status} ${stderr}`).toMatch(/^0\s*$/);
    });

    it(
      'spreads clients, says who they are, and takes an edge out as soon as that is told to stop, without cutting anybody',
      { timeout: 60_000 },
      async () => {
        // Not its own drain: what the balancer does while the edge still waits for it.
        const settings = { drainWaitMs: 5_000 };
        const edges = await Promise.all(
          [1, 2].map(() => startEdge(settings, { access: { trustedProxies: ['127.0.0.1'] } })),
        );
        const port = await balance(edges);
        const clients = await Promise.all([1, 2, 3, 4].map((last) => client(port, `127.0.0.${last + 1}`)));
        const addresses = await Promise.all(edges.map(addressesAt));
        expect(addresses.map((all) => all.length)).toEqual([2, 2]);
        expect(addresses.flat().toSorted()).toEqual(['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5']);

        const [going, staying] = edges as [TestEdge, TestEdge];
        void going.stop();
        await until(
          async () => {
            const before = await clientsAt(staying);
            (await Promise.all([6, 7].map((last) => client(port, `127.0.0.${last}`)))).forEach((one) =>
              clients.push(one),
            );
            return (await clientsAt(staying)) === before + 2;
          },
          { deadlineMs: 20_000 },
        );
        expect(clients.filter(({ readyState }) => readyState !== WebSocket.OPEN)).toEqual([]);
      },
    );
  },
);

it('the balancer cuts no client that the edge would not have closed, and hears of an edge that stops before its clients do', () => {
  const [, minutes] = /^ +timeout tunnel (\d+)m$/m.exec(haproxyConfig) ?? [];
  expect(Number(minutes) * 60).toBeGreaterThanOrEqual(2 * new EdgeSettings().clientIdleS);
  const [, seconds, fall] = /inter (\d+)s fall (\d+)/.exec(haproxyConfig) ?? [];
  const waitMs = Number(services.edge.environment['HOLDFAST_DRAIN_WAIT_MS']);
  // One more: a check may just have begun.
  expect((Number(fall) + 1) * Number(seconds) * 1_000).toBeLessThan(waitMs);
});

describe('what docker-compose.yml shows', () => {
  it('are the rules of k8s themselves, taken out as the service does it', () => {
    const [script = ''] = services.prometheus.command;
    const [extract = ''] = script.split(';\n').flatMap((part) => part.split('; exec'));
    const made = join(folder(), 'rules.yaml');
    const [, source = ''] = /(\S+):\/etc\/holdfast\/rules\.yaml:ro/.exec(services.prometheus.volumes.join('\n')) ?? [];
    execFileSync('/bin/sh', [
      '-ec',
      extract.replace('/etc/holdfast/rules.yaml', source).replace('/tmp/rules.yaml', made),
    ]);
    const { spec } = parse(readFileSync('k8s/components/monitoring/rules.yaml', 'utf8')) as { spec: object };
    expect(parse(readFileSync(made, 'utf8'))).toEqual(spec);
  });

  it.skipIf(!hasPromtool())(
    'is scraped and judged by a Prometheus that takes its configuration (needs promtool)',
    () => {
      const config = parse(readFileSync('compose/prometheus.yaml', 'utf8'), { merge: true }) as {
        rule_files: string[];
      };
      const rules = join(folder(), 'rules.yaml');
      writeFileSync(
        rules,
        readFileSync('k8s/components/monitoring/rules.yaml', 'utf8')
          .replace(/^[^]*?^spec:\n/m, '')
          .replace(/^ {2}/gm, ''),
      );
      const file = join(folder(), 'prometheus.yaml');
      writeFileSync(file, stringify({ ...config, rule_files: [rules] }));
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', file], { encoding: 'utf8' });
      expect(`${status} ${stdout}${stderr}`).toMatch(/^0 /);
    },
  );

  it('has the labels that rules and dashboards go by', () => {
    const { scrape_configs } = parse(readFileSync('compose/prometheus.yaml', 'utf8')) as {
      scrape_configs: {
        job_name: string;
        dns_sd_configs: { names: string[]; port: number }[];
        relabel_configs: { target_label: string }[];
      }[];
    };
    for (const { job_name, dns_sd_configs, relabel_configs } of scrape_configs) {
      expect(dns_sd_configs).toMatchObject([{ names: [job_name], port: 9464 }]);
      const labels = [...relabel_configs.map(({ target_label }) => target_label), 'instance'];
      // Pods are Kubernetes'.
      expect(labels.toSorted()).toEqual(OF_THE_SCRAPE.filter((label) => label !== 'pod').toSorted());
    }
    expect(scrape_configs.map(({ job_name }) => job_name)).toEqual(['upstream', 'edge']);
  });

  it('are the dashboards of k8s themselves, in a Grafana that finds them and its Prometheus', () => {
    const { volumes, environment } = services.grafana;
    const [, , path] = /(\S+dashboards):(\/etc\/holdfast\/\S+):ro/.exec(volumes.join('\n')) ?? [];
    const { providers } = parse(readFileSync('compose/grafana/dashboards.yaml', 'utf8')) as {
      providers: { options: object }[];
    };
    expect(providers).toMatchObject([{ type: 'file', options: { path } }]);
    expect(volumes).toContain(`./k8s/components/monitoring/dashboards:${path}:ro`);
    const home = environment['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
    expect(() => readFileSync(home.replace(path ?? '', 'k8s/components/monitoring/dashboards'))).not.toThrow();
    const { datasources } = parse(readFileSync('compose/grafana/datasources.yaml', 'utf8')) as {
      datasources: object[];
    };
    expect(datasources).toMatchObject([{ type: 'prometheus', url: 'http://prometheus:9090', isDefault: true }]);
  });
});

/** Runs HAProxy as Compose does, with these edges in the place of Docker's names. Resolves with its port. */
async function balance(edges: TestEdge[]): Promise<number> {
  const port = await freePort();
  const servers = edges.map(
    ({ wsUrl, opsUrl }, index) => `server edge-${index} ${new URL(wsUrl).host} check port ${new URL(opsUrl).port}`,
  );
  const config = haproxyConfig
    .replace(/^resolvers docker\n(?: {4}.*\n)+/m, '')
    .replace('bind :9443', `bind 127.0.0.1:${port}`)
    .replace(
      /^ {4}server-template edge 10 edge:9443 check port 9464( .*?) resolvers docker init-addr none$/m,
      (_, rest) => servers.map((server) => `    ${server}${rest}`).join('\n'),
    );
  expect(config).not.toMatch(/server-template|docker$/m);
  const file = join(folder(), 'haproxy.cfg');
  writeFileSync(file, config);
  const haproxy = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  onTestFinished(async () => {
    haproxy.kill('SIGKILL');
    await Promise.all(edges.map((edge) => edge.stop()));
  });
  await until(() => accepts(port));
  return port;
}

async function client(port: number, localAddress: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1`, { localAddress });
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

/** How many there are; the list of them is bounded. */
async function clientsAt({ opsUrl }: TestEdge): Promise<number> {
  const status = (await (await fetch(`${opsUrl}/status`)).json()) as { clients: { connections: number } };
  return status.clients.connections;
}

async function addressesAt({ opsUrl }: TestEdge): Promise<string[]> {
  const status = (await (await fetch(`${opsUrl}/status`)).json()) as { clients: { clients: { address: string }[] } };
  return status.clients.clients.map(({ address }) => address);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { assertBuilt } from '../support/built.js';
import { startRedis } from '../support/start-redis.js';
import { until } from '../support/until.js';
import { HARMLESS, HEALTHY, type Series, TROUBLES } from './alert-cases.js';
import { crdTroubles } from './crd-shapes.js';
import type { KubernetesObject } from './manifests.js';
import { OF_THE_SCRAPE, choicesIn, hasPromtool, readShown, troublesOfChoice, unknownLabels } from './promql.js';
import { runRole } from './run-role.js';

const FOLDER = 'k8s/components/monitoring';

interface Alert {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook_url: string };
}

const ruleObject = parse(readFileSync(`${FOLDER}/rules.yaml`, 'utf8')) as KubernetesObject & {
  spec: { groups: { rules: Alert[] }[] };
};
const alerts = ruleObject.spec.groups.flatMap(({ rules }) => rules);

const boards = readdirSync(`${FOLDER}/dashboards`).map((file) => ({
  file,
  board: JSON.parse(readFileSync(`${FOLDER}/dashboards/${file}`, 'utf8')) as Board,
}));

interface Board {
  uid: string;
  panels: { id: number; type: string; title: string; targets?: { expr: string }[]; gridPos: Place }[];
  annotations: { list: { expr: string }[] };
  templating: { list: { name: string; definition?: string }[] };
}

interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** What a dashboard asks, with what Grafana puts in for its variables. */
const questionsOf = ({ panels, annotations, templating }: Board): string[] =>
  [
    ...panels.flatMap(({ targets = [] }) => targets),
    ...annotations.list,
    ...templating.list.flatMap(({ definition }) => {
      const [, expr] = /^label_values\((.*), \w+\)$/.exec(definition ?? '') ?? [];
      return expr === undefined ? [] : [{ expr }];
    }),
  ].map(({ expr }) => expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/g, 'x'));

/** Puts text into a file that promtool reads; gives what it says where it objects. */
function promtool(command: 'check' | 'test', files: Record<string, object>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rules-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), stringify(content));
  const [last = ''] = Object.keys(files).slice(-1);
  const { status, stdout, stderr } = spawnSync('promtool', [command, 'rules', last], { cwd: folder, encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

describe('alerts and dashboards', () => {
  beforeAll(assertBuilt);

  it(
    'ask for nothing that our processes do not show, neither a metric nor a label nor one of its values',
    { timeout: 60_000 },
    async () => {
      const redis = await startRedis();
      onTestFinished(() => redis.stop());
      const roles = ['upstream', 'edge'].map((role) =>
        runRole(role, {
          HOLDFAST_REDIS_URL: redis.url,
          HOLDFAST_LOG_LEVEL: 'info',
          ...(role === 'upstream' && { HOLDFAST_STANDBY: 'yes' }),
        }),
      );
      const urls = await Promise.all(roles.map(({ urlOf }) => urlOf('ops')));
      await roles[1]?.urlOf('edge');
      const questions = [...alerts.map(({ expr }) => expr), ...boards.flatMap(({ board }) => questionsOf(board))];
      const choices = questions.flatMap(choicesIn);
      expect(choices.length).toBeGreaterThan(80);
      const shown = async () =>
        readShown(await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text())));
      const troubles = async (): Promise<string[]> => {
        const now = await shown();
        return [
          ...choices.flatMap((choice) => troublesOfChoice(choice, now)),
          ...questions.flatMap((question) => unknownLabels(question, now)),
        ];
      };
      // Some are there only once a process has begun.
      await until(async () => (await troubles()).length === 0, { deadlineMs: 10_000 }).catch(() => undefined);
      expect(await troubles()).toEqual([]);
    },
  );
});

describe('alerts', () => {
  it('have a section of the runbook each, and the runbook has none without an alert', () => {
    const text = readFileSync('k8s/runbook.md', 'utf8');
    const sections = [...text.matchAll(/^## (\S+)$/gm)].map(([, name = '']) => name);
    expect(alerts.map(({ alert }) => alert).toSorted()).toEqual(sections.toSorted());
    const links = alerts.map(({ annotations }) => annotations.runbook_url);
    expect(links).toEqual(alerts.map(({ alert }) => `k8s/runbook.md#${alert.toLowerCase()}`));
    const anchors = new Set(sections.map((name) => `#${name.toLowerCase()}`));
    const inside = [...text.matchAll(/\]\((#[^)]+)\)/g)].map(([, anchor = '']) => anchor);
    expect(inside.length).toBeGreaterThan(10);
    expect(inside.filter((anchor) => !anchors.has(anchor))).toEqual([]);
  });

  it('say what is wrong and how bad it is, of one installation', () => {
    for (const { alert, labels, annotations, expr } of alerts) {
      expect(['critical', 'warning', 'info']).toContain(labels.severity);
      expect(annotations).toEqual({
        summary: expect.stringMatching(/\S/),
        description: expect.stringMatching(/\.$/),
        runbook_url: expect.any(String),
      });
      // A sum over all would mix those of two installations.
      expect(`${alert}: ${expr}`).not.toMatch(/\b(?:sum|max|min|count)\s*\(/);
    }
  });

  it('are a PrometheusRule as its operator documents it', () => {
    expect(crdTroubles(ruleObject)).toEqual([]);
  });

  describe.skipIf(!hasPromtool())(
    'as Prometheus reads them (needs promtool; Debian has it in the package prometheus)',
    () => {
      it('are rules without a fault, and so is every question of a dashboard', () => {
        expect(promtool('check', { 'rules.yaml': ruleObject.spec })).toBe('');
        const rules = boards
          .flatMap(({ board }) => questionsOf(board))
          .map((expr, index) => ({ record: `q:${index}`, expr }));
        expect(promtool('check', { 'rules.yaml': { groups: [{ name: 'questions', rules }] } })).toBe('');
      });

      it('go off by what they are for, and by nothing that is harmless', { timeout: 60_000 }, () => {
        expect(Object.keys(TROUBLES).toSorted()).toEqual(alerts.map(({ alert }) => alert).toSorted());
        const tests = [
          groupOf('all is well', {}, 'count(ALERTS{alertstate="firing"})', false),
          ...Object.entries(HARMLESS).map(([name, change]) =>
            groupOf(name, change, 'count(ALERTS{alertstate="firing"})', false),
          ),
          ...Object.entries(TROUBLES).map(([alert, change]) =>
            groupOf(
              alert,
              change,
              `count(count by (alertname) (ALERTS{alertstate="firing", alertname="${alert}"}))`,
              true,
            ),
          ),
        ];
        const files = {
          'rules.yaml': ruleObject.spec,
          'test.yaml': { rule_files: ['rules.yaml'], evaluation_interval: '1m', tests },
        };
        expect(promtool('test', files)).toBe('');
      });
    },
  );
});

describe.each(boards)('the dashboard $file', ({ board }) => {
  it('has panels that do not overlap, each with a title of its own and something to show', () => {
    const shown = board.panels.filter(({ type }) => type !== 'row');
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    expect(new Set(shown.map(({ title }) => title)).size).toBe(shown.length);
    expect(shown.filter(({ targets = [] }) => targets.length === 0)).toEqual([]);
    const overlap = ({ gridPos: a }: { gridPos: Place }, { gridPos: b }: { gridPos: Place }): boolean =>
      a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
    const clashes = board.panels.filter((one, index) =>
      board.panels.slice(index + 1).some((other) => overlap(one, other)),
    );
    expect(clashes).toEqual([]);
  });

  it('asks about one installation', () => {
    const choices = board.panels.flatMap(({ targets = [] }) => targets).flatMap(({ expr }) => choicesIn(expr));
    const chosen = ['namespace', 'installation'];
    expect(chosen.every((label) => OF_THE_SCRAPE.includes(label))).toBe(true);
    const wide = choices.filter(
      ({ matchers }) => !chosen.every((label) => matchers.some((one) => one.label === label)),
    );
    expect(wide).toEqual([]);
  });
});

/** @param isOff whether the question has an answer after twenty minutes of this; one alert waits for an hour. */
function groupOf(name: string, change: Record<string, string | undefined>, expr: string, isOff: boolean): object {
  const series: Series = { ...HEALTHY, ...change } as Series;
  return {
    name,
    interval: '1m',
    input_series: Object.entries(series).flatMap(([key, values]) =>
      values === undefined ? [] : [{ series: key, values }],
    ),
    promql_expr_test: [
      {
        expr,
        eval_time: name === 'HoldfastVersionsDiffer' ? '65m' : '20m',
        exp_samples: isOff ? [{ labels: '{}', value: 1 }] : [],
      },
    ],
  };
}

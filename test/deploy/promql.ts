import { execFileSync } from 'node:child_process';

/** A choice of series in an expression: `name{label="value"}`. */
export interface Choice {
  metric: string;
  matchers: { label: string; value: string; isRegular: boolean }[];
}

/** Every choice of series of our processes' own metrics in an expression. */
export function choicesIn(expression: string): Choice[] {
  const found = expression.matchAll(/\b((?:holdfast|nodejs|process)_\w+)(?:\{([^}]*)\})?/g);
  return [...found].map(([, metric = '', inner = '']) => ({
    metric,
    matchers: [...inner.matchAll(/(\w+)(=~|=|!=|!~)"([^"]*)"/g)].map(([, label = '', operator = '', value = '']) => ({
      label,
      value,
      isRegular: operator.endsWith('~'),
    })),
  }));
}

/** Series as a process shows them at `/metrics`: their labels, by the name that Prometheus stores them under. */
export type Shown = ReadonlyMap<string, readonly Readonly<Record<string, string>>[]>;

/** Reads Prometheus' text format. */
export function readShown(texts: readonly string[]): Shown {
  const shown = new Map<string, Record<string, string>[]>();
  for (const line of texts.join('\n').split('\n')) {
    const [, metric, inner = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (metric === undefined) continue;
    const labels = [...inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', value = '']) => [
      label,
      value,
    ]);
    shown.set(metric, [...(shown.get(metric) ?? []), Object.fromEntries(labels) as Record<string, string>]);
  }
  return shown;
}

/** Labels that the scrape puts on every series: components/scraping, and the configuration of Compose's Prometheus. */
export const OF_THE_SCRAPE = ['namespace', 'installation', 'component', 'instance', 'pod'];

/** What a choice asks for that no process shows: a metric, a label of it, or a value of that label. */
export function troublesOfChoice({ metric, matchers }: Choice, shown: Shown): string[] {
  const series = shown.get(metric);
  if (!series) return [`no process shows ${metric}`];
  return matchers
    .filter(({ label }) => !OF_THE_SCRAPE.includes(label))
    .flatMap(({ label, value, isRegular }) =>
      (isRegular ? value.split('|') : [value])
        .filter((one) => !series.some((labels) => labels[label] === one))
        .map((one) => `${metric} is never shown with ${label}="${one}"`),
    );
}

/** Whether promtool is here. Debian has it in the package prometheus. */
export function hasPromtool(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Labels by which an expression groups or joins, and which none of the metrics in it has. */
export function unknownLabels(expression: string, shown: Shown): string[] {
  const known = new Set([
    ...OF_THE_SCRAPE,
    ...choicesIn(expression).flatMap(({ metric }) =>
      (shown.get(metric) ?? []).flatMap((labels) => Object.keys(labels)),
    ),
  ]);
  const named = [...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  return named.filter((label) => !known.has(label)).map((label) => `nothing in "${expression}" has a label ${label}`);
}

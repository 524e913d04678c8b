import { Ajv, type ValidateFunction } from 'ajv';
import type { KubernetesObject } from './manifests.js';

/** A closed object: what is not named here is a mistake, as a field that the API lacks would be. */
const shape = (properties: Record<string, unknown>, required: string[] = []): object => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const list = (items: object): object => ({ type: 'array', minItems: 1, items });
const text = { type: 'string', minLength: 1 };
const texts = { type: 'object', additionalProperties: { type: 'string' } };
const label = { type: 'string', pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$' };
const host = { type: 'string', pattern: '^(\\*\\.)?[a-z0-9-]+(\\.[a-z0-9-]+)*$' };
const port = { type: 'integer', minimum: 1, maximum: 65_535 };
const prometheusDuration = { type: 'string', pattern: '^(\\d+(y|w|d|h|m|s|ms))+$' };
const gatewayDuration = { type: 'string', pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' };

const matchExpression = shape(
  { key: text, operator: { enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] }, values: list(text) },
  ['key', 'operator'],
);
const selector = shape({ matchLabels: texts, matchExpressions: list(matchExpression) });
const relabeling = shape({
  sourceLabels: list(label),
  targetLabel: label,
  regex: text,
  replacement: text,
  action: text,
});
const endpoint = shape({ port: text, path: text, interval: prometheusDuration, relabelings: list(relabeling) }, [
  'port',
]);
const rule = shape({ alert: text, expr: text, for: prometheusDuration, labels: texts, annotations: texts }, [
  'alert',
  'expr',
]);
const listener = shape(
  {
    name: text,
    hostname: host,
    port,
    protocol: { enum: ['HTTP', 'HTTPS', 'TLS', 'TCP', 'UDP'] },
    tls: shape({
      mode: { enum: ['Terminate', 'Passthrough'] },
      certificateRefs: list(shape({ name: text }, ['name'])),
    }),
  },
  ['name', 'port', 'protocol'],
);
const route = shape({
  matches: list(shape({ path: shape({ type: { enum: ['Exact', 'PathPrefix', 'RegularExpression'] }, value: text }) })),
  timeouts: shape({ request: gatewayDuration, backendRequest: gatewayDuration }),
  backendRefs: list(shape({ name: text, port }, ['name'])),
});

/**
 * Kinds that are no part of Kubernetes, as far as we use them.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/
 * @see https://gateway-api.sigs.k8s.io/reference/spec/
 */
const SPECS: Record<string, object> = {
  'monitoring.coreos.com/v1 PodMonitor': shape({ selector, podMetricsEndpoints: list(endpoint) }, ['selector']),
  'monitoring.coreos.com/v1 PrometheusRule': shape({
    groups: list(shape({ name: text, interval: prometheusDuration, rules: list(rule) }, ['name'])),
  }),
  'gateway.networking.k8s.io/v1 Gateway': shape({ gatewayClassName: text, listeners: list(listener) }, [
    'gatewayClassName',
    'listeners',
  ]),
  'gateway.networking.k8s.io/v1 HTTPRoute': shape({
    parentRefs: list(shape({ name: text, sectionName: text }, ['name'])),
    hostnames: list(host),
    rules: list(route),
  }),
};

const ajv = new Ajv({ allErrors: true });
const metadata = shape({ name: text, labels: texts, annotations: texts }, ['name']);
const checks = new Map<string, ValidateFunction>(
  Object.entries(SPECS).map(([kind, spec]) => [
    kind,
    ajv.compile(shape({ apiVersion: text, kind: text, metadata, spec }, ['spec'])),
  ]),
);

/** What its documentation objects to in an object; undefined where its kind is one of Kubernetes' own. */
export function crdTroubles(object: KubernetesObject): string[] | undefined {
  const kind = `${object.apiVersion} ${object.kind}`;
  const check = checks.get(kind);
  if (!check) return undefined;
  check(object);
  return (check.errors ?? []).map(
    ({ instancePath, message, params }) => `${kind}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

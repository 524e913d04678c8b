import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { IProbe } from 'kubernetes-models/v1';
import type { Manifests } from '../../deploy/manifests.js';
import { type PodPlan, environmentOf, podOf } from '../../deploy/pods.js';

/** Times of the manifests that only make a drill long are divided by this: how often is looked, and how long is waited for good measure. */
const HURRY = 10;

/** A probe, in milliseconds of the drill. */
export interface Look {
  path: string;
  everyMs: number;
  within: number;
  failures: number;
}

/** What a Deployment says, as the drill plays it. */
export interface Workload {
  name: string;
  component: string;
  /** The program, as an argument of node. */
  program: string;
  environment: Record<string, string>;
  replicas: number;
  maxSurge: number;
  maxUnavailable: number;
  /** Ready for so long, a pod counts. */
  minReadyMs: number;
  readiness: Look;
  liveness: Look;
  /** Not divided: who needs longer is killed. */
  graceMs: number;
}

/** @param least how many replicas an autoscaler asks for at least, where the Deployment says no number. */
export function workloadOf(deployment: IDeployment, manifests: Manifests, least = 1): Workload {
  const plan = podOf(deployment);
  const { spec } = deployment;
  if (spec?.strategy?.type !== 'RollingUpdate') throw new Error(`${plan.name} does not roll`);
  const [node, program = ''] = plan.container.command ?? [];
  if (node !== 'node') throw new Error(`${plan.name} is started by ${node}`);
  return {
    name: plan.name,
    component: plan.labels['app.kubernetes.io/component'] ?? '',
    program,
    environment: hurried(withoutFiles(environmentOf(plan.container, manifests))),
    replicas: spec.replicas ?? least,
    maxSurge: Number(spec.strategy.rollingUpdate?.maxSurge),
    maxUnavailable: Number(spec.strategy.rollingUpdate?.maxUnavailable),
    minReadyMs: ((spec.minReadySeconds ?? 0) * 1_000) / HURRY,
    readiness: lookOf(plan, plan.container.readinessProbe),
    liveness: lookOf(plan, plan.container.livenessProbe),
    graceMs: (plan.spec.terminationGracePeriodSeconds ?? 30) * 1_000,
  };
}

function lookOf({ name }: PodPlan, probe: IProbe | undefined): Look {
  const { httpGet, periodSeconds = 10, timeoutSeconds = 1, failureThreshold = 3 } = probe ?? {};
  if (!httpGet?.path) throw new Error(`${name} lacks a probe`);
  return {
    path: httpGet.path,
    everyMs: (periodSeconds * 1_000) / HURRY,
    // A busy machine answers late.
    within: timeoutSeconds * 1_000,
    failures: failureThreshold,
  };
}

/** On a loopback address nobody needs a token; the file is a Secret's. */
const withoutFiles = (environment: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => name !== 'HOLDFAST_TOKENS_FILE'));

/** Each client has half of the drain to go elsewhere, five seconds at most. These it keeps; what is left of it spreads clients and is shortened. */
const LEAST_DRAIN_MS = 10_000;

function hurried(environment: Record<string, string>): Record<string, string> {
  const { HOLDFAST_DRAIN_WAIT_MS: wait, HOLDFAST_DRAIN_GRACE_MS: grace } = environment;
  if (wait === undefined || grace === undefined) return environment;
  return {
    ...environment,
    HOLDFAST_DRAIN_WAIT_MS: String(Number(wait) / HURRY),
    HOLDFAST_DRAIN_GRACE_MS: String(Math.min(Number(grace), LEAST_DRAIN_MS)),
  };
}

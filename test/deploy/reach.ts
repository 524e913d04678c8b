import { BlockList } from 'node:net';
import type { INetworkPolicy, INetworkPolicyPeer, INetworkPolicyPort } from 'kubernetes-models/networking.k8s.io/v1';

export type Labels = Record<string, string>;

/** Either end of a connection: a pod, of our namespace unless it says another, or an IPv4 address outside the cluster. */
export type End = { labels: Labels; ports?: Record<string, number>; namespace?: string } | { address: string };

interface Selector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** Whether a label selector chooses a pod; an empty one chooses all. */
export function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator !== 'In') throw new Error(`${operator} is not understood here`);
      return values.includes(labels[key] ?? '');
    })
  );
}

/**
 * Whether the policies let a TCP connection through: egress must allow it at its start and ingress at its end, where a
 * pod that no policy of that direction selects allows everything.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export const canReach = (policies: INetworkPolicy[], from: End, to: End, port: number): boolean =>
  allows(policies, 'Egress', from, to, to, port) && allows(policies, 'Ingress', to, from, to, port);

function allows(
  all: INetworkPolicy[],
  way: 'Ingress' | 'Egress',
  self: End,
  peer: End,
  to: End,
  port: number,
): boolean {
  if ('address' in self || self.namespace !== undefined) return true;
  const policies = all.filter(
    ({ spec }) => spec?.policyTypes?.includes(way) && selects(spec.podSelector ?? {}, self.labels),
  );
  if (policies.length === 0) return true;
  return policies.some(({ spec }) =>
    way === 'Ingress'
      ? spec?.ingress?.some(({ from, ports }) => hasPeer(from, peer) && hasPort(ports, to, port))
      : spec?.egress?.some((rule) => hasPeer(rule.to, peer) && hasPort(rule.ports, to, port)),
  );
}

const hasPeer = (peers: INetworkPolicyPeer[] | undefined, end: End): boolean =>
  peers === undefined ||
  peers.some(({ podSelector, namespaceSelector, ipBlock }) => {
    if ('labels' in end) {
      const isNamespace =
        end.namespace === undefined || namespaceSelector === undefined
          ? end.namespace === undefined && namespaceSelector === undefined
          : selects(namespaceSelector, { 'kubernetes.io/metadata.name': end.namespace });
      const isPod = podSelector === undefined ? namespaceSelector !== undefined : selects(podSelector, end.labels);
      return isNamespace && isPod;
    }
    return (
      ipBlock !== undefined &&
      isIn(ipBlock.cidr, end.address) &&
      !ipBlock.except?.some((cidr) => isIn(cidr, end.address))
    );
  });

const hasPort = (ports: INetworkPolicyPort[] | undefined, to: End, port: number): boolean =>
  ports === undefined ||
  ports.some(({ port: named, protocol }) => {
    if (protocol !== 'TCP') return false;
    return typeof named === 'string' ? 'labels' in to && to.ports?.[named] === port : named === port;
  });

function isIn(cidr: string, address: string): boolean {
  const [network, bits] = cidr.split('/');
  if (network === undefined || network.includes(':')) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits));
  return list.check(address);
}

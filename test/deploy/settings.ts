import {
  AccessSettings,
  BinanceSettings,
  BusSettings,
  EdgeSettings,
  type Environment,
  OpsSettings,
  SettingsError,
  UpstreamSettings,
  settingsOf,
} from '#libs/runtime';
import { readEdgeConfig } from '../../apps/edge/src/edge.config.js';
import { readUpstreamConfig } from '../../apps/upstream/src/upstream.config.js';

/** Every settings class, in the order in which `.env.example` shows them. */
export const SECTIONS = {
  EdgeSettings,
  AccessSettings,
  BinanceSettings,
  UpstreamSettings,
  BusSettings,
  OpsSettings,
};

/** What each of them is about, and who reads it. */
export const HEADINGS: Record<keyof typeof SECTIONS, string> = {
  EdgeSettings: 'Clients (roles: edge, standalone)',
  AccessSettings: 'Who may come in (all; certificate, proxies and limits: edge, standalone)',
  BinanceSettings: 'Where Binance is (roles: upstream, edge, standalone)',
  UpstreamSettings: 'Reading Binance (roles: upstream, standalone)',
  BusSettings: 'Between the roles (all)',
  OpsSettings: 'Operators (all)',
};

/** Settings of a class that were not shown before, since one class may extend another, each with its default as it is written. */
export function newOf(type: new () => object, shown: Set<string>) {
  const defaults = new type();
  const ownOnes = [...settingsOf(type)].filter(([, { env }]) => !shown.has(env));
  return ownOnes.map(([property, { env, says, expected }]) => {
    shown.add(env);
    return { env, says, expected, property, usual: written(Reflect.get(defaults, property)) };
  });
}

function written(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return Array.isArray(value) ? value.join(',') : `${value as string | number}`;
}

/** How each role reads its settings, from its own app. */
const READERS = { upstream: readUpstreamConfig, edge: readEdgeConfig };

export type Role = keyof typeof READERS;

export const isRole = (name: string | undefined): name is Role => name !== undefined && Object.hasOwn(READERS, name);

/** Names of all environment variables that are settings. */
export const KNOWN: ReadonlySet<string> = new Set(
  Object.values(SECTIONS).flatMap((type) => [...settingsOf(type).values()].map(({ env }) => env)),
);

/** What is wrong with the variables that a manifest gives to a role: names nobody reads, values that end the process. */
export function troublesOf(role: Role, environment: Environment): string[] {
  const unknown = Object.keys(environment).filter((name) => !KNOWN.has(name));
  const troubles = unknown.map((name) => `${name} is not a setting`);
  try {
    READERS[role](environment);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    troubles.push(...error.lines);
  }
  return troubles;
}

import { notOk, ok, type Result } from '#libs/core';
import { ATTEMPTS } from './attempts.js';
import { ENDINGS } from './endings.js';
import { FRAMES } from './frames.js';
import type { Parameter } from './parameter.js';
import { SILENCES } from './silences.js';
import { SURROUNDINGS } from './surroundings.js';
import type { IncidentKind, World } from './world.js';

/** Every incident by its name: the one place that knows them all. */
const INCIDENTS = { ...ENDINGS, ...SILENCES, ...ATTEMPTS, ...FRAMES, ...SURROUNDINGS };

export type IncidentName = keyof typeof INCIDENTS;

type ParametersOf<Name extends IncidentName> =
  (typeof INCIDENTS)[Name] extends IncidentKind<infer P> ? Partial<P> : never;

/** One strike: the name and those parameters that are not to be the usual ones. */
export type Incident = { [Name in IncidentName]: { name: Name } & ParametersOf<Name> }[IncidentName];

/** An incident as a list for people shows it. */
export interface IncidentEntry {
  name: IncidentName;
  says: string;
  parameters: Record<string, { says: string; expected: string; usual: unknown }>;
}

export const isIncidentName = (name: string): name is IncidentName => Object.hasOwn(INCIDENTS, name);

/** Strikes; a sentence when a parameter is not what it should be or is not known. */
export function strike(world: World, name: IncidentName, given: Record<string, unknown>): Result<number, string> {
  // Each kind reads its own parameters just below, so that it is given what it declared.
  const kind = INCIDENTS[name] as IncidentKind<Record<string, unknown>>;
  const values: Record<string, unknown> = {};
  for (const key of Object.keys(given))
    if (!Object.hasOwn(kind.parameters, key))
      return notOk(`${name} has no parameter ${key}; it has ${Object.keys(kind.parameters).join(', ') || 'none'}`);
  for (const [key, parameter] of Object.entries(kind.parameters)) {
    const value = given[key] === undefined ? parameter.fallback : parameter.read(given[key]);
    if (value === undefined && given[key] !== undefined)
      return notOk(`${name}: ${key} is ${JSON.stringify(given[key])}, expected ${parameter.expected}`);
    values[key] = value;
  }
  return ok(kind.strike(world, values));
}

/** All incidents with what they do and take. */
export function listIncidents(): IncidentEntry[] {
  return Object.entries(INCIDENTS).map(([name, { says, parameters }]) => ({
    name: name as IncidentName,
    says,
    parameters: Object.fromEntries(
      Object.entries(parameters as Record<string, Parameter<unknown>>).map(([key, parameter]) => [
        key,
        { says: parameter.says, expected: parameter.expected, usual: parameter.fallback ?? null },
      ]),
    ),
  }));
}

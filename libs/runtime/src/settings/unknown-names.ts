import { nearest } from '#libs/core';

/** What our variables begin with: `HOLDFAST_` of `HOLDFAST_PORT`. */
export const prefixOf = (env: string): string => env.slice(0, env.indexOf('_') + 1);

/** Variables that Kubernetes makes for a Service named `holdfast-…`, unless `enableServiceLinks` is off. */
const OF_A_SERVICE = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/;
const SERVICE_URL = /^(tcp|udp|sctp):\/\//;

/** A line for each variable that begins as ours do and is none: a misspelt setting would otherwise have no effect, and no one would know. */
export function unknownNames(
  environment: Readonly<Record<string, string | undefined>>,
  known: ReadonlySet<string>,
  prefixes: ReadonlySet<string>,
): string[] {
  const ours = (name: string): boolean => prefixes.has(prefixOf(name)) && !known.has(name);
  const ofServices = servicesIn(environment);
  return Object.keys(environment)
    .filter((name) => ours(name) && !ofServices.some((prefix) => name.startsWith(prefix) && OF_A_SERVICE.test(name)))
    .map((name) => {
      const candidates = [...known].filter((one) => prefixOf(one) === prefixOf(name));
      return `${name} is not a setting: did you mean ${nearest(name, candidates)}?`;
    });
}

/** What the variables of each Service begin with; its own `<NAME>_PORT` holds a URL, as no setting does. */
const servicesIn = (environment: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(environment)
    .filter(([name, value]) => name.endsWith('_PORT') && SERVICE_URL.test(value ?? ''))
    .map(([name]) => name.slice(0, -'PORT'.length));

import {
  BusSettings,
  EdgeSettings,
  type Environment,
  OpsSettings,
  SettingsError,
  UpstreamSettings,
  readSettings,
  settingsOf,
} from '#libs/runtime';

/** Every settings class, in the order in which `.env.example` shows them. */
export const SECTIONS = { EdgeSettings, UpstreamSettings, BusSettings, OpsSettings };

/** What each role reads, as its `apps/<role>/src/<role>.config.ts` says. */
const OF_ROLE = {
  upstream: { UpstreamSettings, BusSettings, OpsSettings },
  edge: { EdgeSettings, BusSettings, OpsSettings },
};

export type Role = keyof typeof OF_ROLE;

export const isRole = (name: string | undefined): name is Role => name !== undefined && Object.hasOwn(OF_ROLE, name);

/** Names of all environment variables that are settings. */
export const KNOWN: ReadonlySet<string> = new Set(
  Object.values(SECTIONS).flatMap((type) => [...settingsOf(type).values()].map(({ env }) => env)),
);

/** What is wrong with the variables that a manifest gives to a role: names nobody reads, values that end the process. */
export function troublesOf(role: Role, environment: Environment): string[] {
  const unknown = Object.keys(environment).filter((name) => !KNOWN.has(name));
  const troubles = unknown.map((name) => `${name} is not a setting`);
  try {
    readSettings(OF_ROLE[role], environment);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    troubles.push(...error.lines);
  }
  return troubles;
}

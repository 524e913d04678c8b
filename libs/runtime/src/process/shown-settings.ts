import { type Environment, type SettingDetails, settingsOf } from '../settings/index.js';

/** A setting as operators see it. */
export interface ShownSetting {
  /** The environment variable. */
  name: string;
  /** What is in force; of what may hold a password only whether it is set. */
  value: string;
  source: 'environment' | 'default';
  says: string;
}

type SectionTypes = Readonly<Record<string, new () => object>>;

/** What is in force of every setting of these sections, and where it comes from. Never what may be secret. */
export function shownSettings(
  sections: SectionTypes,
  values: Readonly<Record<string, unknown>>,
  environment: Environment,
): ShownSetting[] {
  return Object.entries(sections).flatMap(([section, type]) =>
    [...settingsOf(type)].map(([property, details]) => shown(details, valueOf(values[section], property), environment)),
  );
}

function shown({ env, lowerCase, isSecret, says }: SettingDetails, value: unknown, given: Environment): ShownSetting {
  const text = given[env] || (lowerCase === undefined ? undefined : given[lowerCase]);
  const source = text ? 'environment' : 'default';
  return { name: env, value: isSecret ? hidden(value) : textOf(value), source, says };
}

const valueOf = (section: unknown, property: string): unknown => Reflect.get(Object(section), property);

const hidden = (value: unknown): string => (isUnset(value) ? 'not set' : 'set, not shown');

const isUnset = (value: unknown): boolean => value === undefined || value === '';

function textOf(value: unknown): string {
  if (isUnset(value)) return 'not set';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(textOf).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? withoutUser(value) : JSON.stringify(value);
}

/** Whoever puts a password into a URL that needs none must not find it on a page. */
const withoutUser = (text: string): string => text.replace(/(?<=:\/\/)[^/?#\s]*@/, '…@');

import { validateSync } from 'class-validator';
import { prefixOf, unknownNames } from './unknown-names.js';

/** What `process.env` is. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Turns a variable's text into a value; `undefined` means the text is not of that form. */
export type SettingReader<T> = (text: string) => T | undefined;

export interface SettingDetails {
  /** Name of the environment variable. */
  env: string;
  read: SettingReader<unknown>;
  /** What a good value looks like, to end the sentence "expected …". */
  expected: string;
  /** One sentence for `.env.example`: what it does. */
  says: string;
  /** Whether its value may hold a password. Then it is never shown, whatever it looks like. */
  isSecret?: true;
  /** Its name in lower case, where it is not ours but one that programs of all kinds read. */
  lowerCase?: string;
  /** Another property of the same class whose number this one must not exceed. */
  notAbove?: string;
}

const SETTINGS = new WeakMap<object, Map<string, SettingDetails>>();

/** Names of all variables that are a setting of some role. */
const NAMES = new Set<string>();

/** Declares a property as a setting read from the environment; class-validator decorators beside it say what is valid. */
export function Setting(details: SettingDetails): PropertyDecorator {
  return (target, property) => {
    const ofClass = SETTINGS.get(target) ?? new Map<string, SettingDetails>();
    ofClass.set(String(property), details);
    SETTINGS.set(target, ofClass);
    NAMES.add(details.env);
  };
}

/** The settings a class declares, by property, and behind them those of the class that it extends. */
export const settingsOf = (type: new () => object): ReadonlyMap<string, SettingDetails> =>
  ofPrototype(type.prototype as object);

function ofPrototype(prototype: object | null): ReadonlyMap<string, SettingDetails> {
  if (prototype === null) return new Map();
  return new Map([
    ...(SETTINGS.get(prototype) ?? []),
    ...ofPrototype(Object.getPrototypeOf(prototype) as object | null),
  ]);
}

/** One or more settings are not what they should be; each line names one, its value and what was expected. */
export class SettingsError extends Error {
  constructor(readonly lines: string[]) {
    super(lines.join('\n'));
    this.name = 'SettingsError';
  }
}

type Sections = Record<string, new () => object>;
type Values<S extends Sections> = { readonly [K in keyof S]: Readonly<InstanceType<S[K]>> };

/**
 * Reads every section from the environment, once. Unset or empty variables keep the default. The result is frozen.
 *
 * @throws SettingsError naming every bad setting, not only the first, and every variable that looks like one and is none.
 */
export function readSettings<S extends Sections>(sections: S, environment: Environment): Values<S> {
  const lines: string[] = [];
  const read = Object.entries(sections).map(([name, type]) => [name, readSection(type, environment, lines)]);
  const ours = Object.values(sections).flatMap((type) =>
    [...settingsOf(type).values()].filter(({ lowerCase }) => !lowerCase),
  );
  const prefixes = ours.map(({ env }) => prefixOf(env));
  lines.push(...unknownNames(environment, NAMES, new Set(prefixes)));
  if (lines.length > 0) throw new SettingsError([...new Set(lines)]);
  return Object.freeze(Object.fromEntries(read)) as Values<S>;
}

function readSection(type: new () => object, environment: Environment, lines: string[]): object {
  const section = new type();
  const bad = new Set<string>();
  for (const [property, { env, lowerCase, read }] of settingsOf(type)) {
    const text = environment[env] || (lowerCase === undefined ? undefined : environment[lowerCase]);
    if (text === undefined || text === '') continue;
    const value = read(text);
    if (value === undefined) bad.add(property);
    else Reflect.set(section, property, value);
  }
  for (const error of validateSync(section)) bad.add(error.property);
  if (bad.size === 0) lines.push(...contradictions(section, settingsOf(type)));
  for (const property of bad) lines.push(complaint(property, type, environment));
  return Object.freeze(section);
}

function contradictions(section: object, settings: ReadonlyMap<string, SettingDetails>): string[] {
  return [...settings].flatMap(([property, { env, notAbove }]) => {
    const other = notAbove === undefined ? undefined : settings.get(notAbove);
    if (notAbove === undefined || !other) return [];
    const [value, most] = [Reflect.get(section, property) as number, Reflect.get(section, notAbove) as number];
    return value <= most
      ? []
      : [`${env} is ${value} and ${other.env} is ${most}: expected the first not above the second`];
  });
}

function complaint(property: string, type: new () => object, environment: Environment): string {
  const details = settingsOf(type).get(property);
  if (!details) throw new Error(`${type.name}.${property} is validated but is not a setting`);
  const { env, expected, isSecret } = details;
  // The line ends up in logs that more people read than may know a password, and a malformed one can stand anywhere in it.
  const shown = isSecret
    ? 'set, to something that is not shown because it may hold a password'
    : JSON.stringify(environment[env] ?? '');
  return `${env} is ${shown}: expected ${expected}`;
}

import { type Result, type StreamName, nearest, notOk, ok } from '#libs/core';
import type { KnownType, NameParts, ParsedStream } from './stream-type.js';

/** Why a name is not a stream's, in words for people, and the nearest name that would be. */
export interface StreamNameProblem {
  code: 'bad-stream' | 'retired-stream';
  message: string;
  nearest?: StreamName;
}

interface NameForm {
  known: KnownType;
  parts: NameParts;
  isArray: boolean;
}

/** A name that Binance once served: still acknowledged, never delivered. */
export interface RetiredName {
  since: string;
  nearest?: StreamName;
  instead: string;
}

/** Letters and digits of any script (symbols have been non-ASCII since 2025-12), and what Binance's symbol rule allows. */
const SYMBOL = /^[\p{L}\p{M}\p{N}._-]{1,64}$/u;

/** Longer names are no stream's, and are not taken: whoever sends them could make us keep them. */
export const LONGEST_NAME = 128;

/** No name is meant by more than this behind the symbol: the longest there are have some twenty letters. */
const LONGEST_GUESSED = 32;

/** How the streams of one market are named. */
export class NameGrammar {
  /** What may stand behind `<symbol>@`, and the whole names of array streams. */
  private readonly forms = new Map<string, NameForm>();
  private readonly arrayForms = new Map<string, NameForm>();
  /** What else may stand there, and the form that it means. */
  private readonly aliases = new Map<string, string>();

  constructor(
    types: readonly KnownType[],
    private readonly retired: Readonly<Record<StreamName, RetiredName>>,
  ) {
    for (const known of types) {
      for (const [suffix, parts] of Object.entries(known.names)) {
        this.forms.set(suffix, { known, parts, isArray: false });
      }
      for (const [name, parts] of Object.entries(known.arrays ?? {})) {
        this.arrayForms.set(name, { known, parts, isArray: true });
      }
      for (const [suffix, meant] of Object.entries(known.aliases ?? {})) this.aliases.set(suffix, meant);
    }
  }

  parse(name: string): Result<ParsedStream, StreamNameProblem> {
    const stream = this.understand(name);
    if (stream) return ok(stream);
    const retired = this.isRetired(name) ? this.retired[name] : undefined;
    if (!retired) return notOk(this.badName(name));
    const message = `${name} was retired by Binance (${retired.since}) and delivers nothing: use ${retired.instead}`;
    return notOk({ code: 'retired-stream', message, ...(retired.nearest && { nearest: retired.nearest }) });
  }

  /** The same without a word about what is wrong, which takes a while to find. */
  understand(name: string): ParsedStream | undefined {
    return this.find(name) ?? this.findAliased(name);
  }

  /** By its one name only: what a frame says it belongs to. */
  find(name: string): ParsedStream | undefined {
    const array = this.arrayForms.get(name);
    if (array) return parsed(name, array);
    const at = name.indexOf('@');
    const form = this.forms.get(name.slice(at + 1));
    const symbol = name.slice(0, Math.max(0, at));
    return form && SYMBOL.test(symbol) && symbol === symbol.toLowerCase() ? parsed(name, form, symbol) : undefined;
  }

  private findAliased(alias: string): ParsedStream | undefined {
    const at = alias.indexOf('@');
    const meant = this.aliases.get(alias.slice(at + 1));
    const stream = meant === undefined ? undefined : this.find(`${alias.slice(0, at)}@${meant}`);
    return stream && { ...stream, alias };
  }

  isRetired(name: string): boolean {
    return Object.hasOwn(this.retired, name);
  }

  private badName(name: string): StreamNameProblem {
    if (name.length > LONGEST_NAME) {
      return {
        code: 'bad-stream',
        message: `A stream name has at most ${LONGEST_NAME} characters, this one ${name.length}`,
      };
    }
    const nearest = this.nearestName(name);
    const hint = nearest ? `; did you mean ${nearest}?` : '';
    return {
      code: 'bad-stream',
      message: `${JSON.stringify(name)}: ${this.whatIsWrong(name)}${hint}`,
      ...(nearest && { nearest }),
    };
  }

  private whatIsWrong(name: string): string {
    if (name.startsWith('!')) {
      return `no such stream of all symbols (there are ${[...this.arrayForms.keys()].join(', ')})`;
    }
    const at = name.indexOf('@');
    if (at < 0) return 'expected <symbol>@<type>, there is no @';
    const symbol = name.slice(0, at);
    if (!SYMBOL.test(symbol)) return `${JSON.stringify(symbol)} is not a symbol (letters and digits)`;
    const suffix = name.slice(at + 1);
    if (!this.forms.has(suffix)) return `there is no stream type ${JSON.stringify(suffix)}`;
    return 'the symbol must be in lower case';
  }

  private nearestName(name: string): StreamName | undefined {
    if (name.startsWith('!')) {
      return name.length > LONGEST_GUESSED ? undefined : nearest(name, [...this.arrayForms.keys()]);
    }
    const at = name.indexOf('@');
    if (at < 0) return undefined;
    const symbol = name.slice(0, at).toLowerCase();
    const given = name.slice(at + 1);
    if (!SYMBOL.test(symbol) || given.length > LONGEST_GUESSED) return undefined;
    const suffix = this.forms.has(given) ? given : nearest(given, [...this.forms.keys()]);
    return suffix && `${symbol}@${suffix}`;
  }
}

/** What else a stream may be called; see `ParsedStream.alias`. */
export function otherNameOf({ name, known }: Pick<ParsedStream, 'name' | 'known'>): StreamName | undefined {
  const behind = name.indexOf('@') + 1;
  const [other] = Object.entries(known.aliases ?? {}).find(([, meant]) => meant === name.slice(behind)) ?? [];
  return other === undefined ? undefined : `${name.slice(0, behind)}${other}`;
}

const parsed = (name: string, { known, parts, isArray }: NameForm, symbol?: string): ParsedStream => ({
  name,
  type: known.type,
  isArray,
  ...(symbol && { symbol: symbol.toUpperCase() }),
  ...parts,
  known,
});

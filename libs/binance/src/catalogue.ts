import { Buffer } from 'node:buffer';
import type { Result, StreamName } from '#libs/core';
import { compileShape } from './shape/compile.js';
import { NameGrammar, type RetiredName, type StreamNameProblem } from './stream-name.js';
import type { AnyDeclaration, KnownType, ParsedStream, StreamType } from './stream-type.js';

const MOST_REMEMBERED = 20_000;

/** The kinds of stream of one market: by name, by type, by what a payload looks like. */
export class Catalogue {
  /** Every kind, its shape compiled; made at start, so a bad declaration stops the process. */
  readonly types: readonly KnownType[];
  /** Every event type that some stream carries; one that is not here is new to us rather than misplaced. */
  readonly eventTypes: ReadonlySet<string>;
  private readonly byType: ReadonlyMap<StreamType, KnownType>;
  private readonly grammar: NameGrammar;
  private readonly remembered = new Map<StreamName, ParsedStream>();

  constructor(declarations: readonly AnyDeclaration[], retired: Readonly<Record<StreamName, RetiredName>> = {}) {
    this.types = declarations.map((declaration) => ({ ...declaration, compiled: compileShape(declaration.shape) }));
    this.eventTypes = new Set([
      ...this.types.flatMap(({ compiled }) => compiled.schema.properties?.e?.enum ?? []),
      'serverShutdown',
    ]);
    this.byType = new Map(this.types.map((known) => [known.type, known]));
    this.grammar = new NameGrammar(this.types, retired);
  }

  /** @throws Error for a type that this market does not have: an event of another market. */
  typeOf(type: StreamType): KnownType {
    const known = this.byType.get(type);
    if (!known) throw new Error(`No declaration for the stream type ${type}`);
    return known;
  }

  /**
   * Understands a stream's name. Binance acknowledges any name and stays silent for a wrong one, so names are judged
   * here, before they are sent.
   */
  parse(name: string): Result<ParsedStream, StreamNameProblem> {
    return this.grammar.parse(name);
  }

  /** The same without looking for what is wrong, which takes a while. */
  understand(name: string): ParsedStream | undefined {
    return this.grammar.understand(name);
  }

  /** By its one name only. Remembers, because every frame asks. */
  find(name: StreamName): ParsedStream | undefined {
    const known = this.remembered.get(name);
    if (known) return known;
    // A copy: V8 cuts a name out of a frame as a view of the whole frame's text, which would stay in memory with it.
    const parsed = this.grammar.find(Buffer.from(name).toString());
    if (!parsed) return undefined;
    if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
    this.remembered.set(parsed.name, parsed);
    return parsed;
  }

  /** Whether Binance once served it: still acknowledged, never delivered. */
  isRetired(name: StreamName): boolean {
    return this.grammar.isRetired(name);
  }
}

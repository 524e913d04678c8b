/** Texts as JSON, each parsed once: who waits for something looks at all that has come again and again. */
export class ParseOnce<T = Record<string, unknown>> {
  private readonly parsed = new Map<string, T>();

  /** @throws SyntaxError where it is no JSON. */
  of(text: string): T {
    const known = this.parsed.get(text);
    if (known !== undefined) return known;
    const value = JSON.parse(text) as T;
    this.parsed.set(text, value);
    return value;
  }
}

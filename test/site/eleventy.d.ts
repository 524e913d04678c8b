/** What we use of Eleventy, which brings no types. */
declare module '@11ty/eleventy' {
  export interface Token {
    attrGet(name: string): string | null;
    attrSet(name: string, value: string): void;
    children: Token[] | null;
    type: string;
    content: string;
  }

  interface MarkdownIt {
    core: { ruler: { push(name: string, rule: (state: { tokens: Token[]; env: { source: string } }) => void): void } };
    set(options: { html: boolean; linkify: boolean }): void;
  }

  export interface EleventyConfig {
    setQuietMode(isQuiet: boolean): void;
    addTemplate(path: string, text: string, data: Record<string, unknown>): void;
    amendLibrary(name: 'md', amend: (library: MarkdownIt) => void): void;
    addTransform(name: string, transform: (this: { page: { url: string } }, content: string) => string): void;
  }

  export default class Eleventy {
    constructor(input: string, output: string, options: Record<string, unknown>);
    write(): Promise<unknown>;
  }
}

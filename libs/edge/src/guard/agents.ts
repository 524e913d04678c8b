/** Letters of a `User-Agent` that are kept, and how many of them are told apart. */
const LONGEST = 120;
const MOST = 1_000;

/** What programs call themselves, each text kept once however many clients bear it. */
export class Agents {
  private readonly known = new Map<string, string>();

  /** The one that is kept for this header; past the bound, where nobody bears it yet, an empty text. */
  of(header: string): string {
    const agent = header.slice(0, LONGEST);
    const known = this.known.get(agent);
    if (known !== undefined) return known;
    if (this.known.size >= MOST) return '';
    this.known.set(agent, agent);
    return agent;
  }
}

/** What one edge wants, in the order in which it wants it. */
type Wishes = Iterator<string>;

/**
 * Room for so many streams, shared out where more are wanted: what is always on goes first; then edges take turns, one stream each
 * that nobody has got yet, until there is no room. So who wants little gets all of it, and nobody gets more than one who got less
 * than it wanted, but for one stream.
 */
export function fairShare<Stream>(
  wanted: ReadonlyMap<string, Stream>,
  always: Iterable<string>,
  edges: readonly Iterable<string>[],
  most: number,
): Map<string, Stream> {
  const given = new Map<string, Stream>();
  const give = (name: string): boolean => {
    const stream = given.has(name) ? undefined : wanted.get(name);
    if (stream !== undefined) given.set(name, stream);
    return stream !== undefined;
  };
  for (const name of always) give(name);
  let waiting: readonly Wishes[] = edges.map((names) => names[Symbol.iterator]());
  while (waiting.length > 0 && given.size < most) {
    waiting = waiting.filter((wishes) => given.size < most && takesOne(wishes, give));
  }
  return given;
}

/** False where nothing is left that it could be given. */
function takesOne(wishes: Wishes, give: (name: string) => boolean): boolean {
  for (;;) {
    const next = wishes.next();
    if (next.done === true) return false;
    if (give(next.value)) return true;
  }
}

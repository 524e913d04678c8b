/** A list in pieces, because a command that carries very much holds up the connection for everything behind it. */
export function inChunks<T>(items: readonly T[], most: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < items.length; from += most) chunks.push(items.slice(from, from + most));
  return chunks;
}

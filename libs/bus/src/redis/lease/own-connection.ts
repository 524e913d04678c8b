/**
 * A connection as its Redis knows it: `<id> <addr>`. The id alone is not enough: ids begin anew with every start of the server,
 * and a record that outlived it would name whoever has that id now. Of a cluster the shard's node follows, for each has ids of its own.
 */
const CONNECTION = /^(\d+) (\S+)( [0-9a-f]{40})?$/;

/**
 * The connection that was asked, from the answer to CLIENT INFO; undefined where it does not say.
 *
 * @param shard the node of a cluster that was asked.
 */
export function readConnection(info: string, shard?: string): string | undefined {
  const [, id] = /(?:^| )id=(\d+)(?: |$)/.exec(info) ?? [];
  const [, address] = /(?:^| )addr=(\S+)/.exec(info) ?? [];
  if (id === undefined || address === undefined) return undefined;
  return [id, address, ...(shard === undefined ? [] : [shard])].join(' ');
}

/** What CLIENT KILL is told to end this connection and no other, least of all the one that says so; undefined where it names none. */
export function killArguments(connection: string): string[] | undefined {
  const [, id, address] = CONNECTION.exec(connection) ?? [];
  return id === undefined || address === undefined ? undefined : ['ID', id, 'ADDR', address, 'SKIPME', 'yes'];
}

/** What a server has open beside connections: its own files, and what an edge keeps as a reserve. */
const RESERVE = 2_000;

/** As many as come from one address of this machine: the kernel has 28,000 local ports for it. */
export const CLIENTS_OF_A_PROCESS = 10_000;

/** Connections that one process may have, where so many files may be open. */
export const mostConnections = (openFiles: number): number =>
  Number.isNaN(openFiles) ? Infinity : Math.max(0, openFiles - RESERVE);

/** Clients in processes of their own, each with an address of its own to come from: 127.0.0.2, 127.0.0.3 … */
export const portionsOf = (clients: number): { clients: number; from: string }[] =>
  Array.from({ length: Math.ceil(clients / CLIENTS_OF_A_PROCESS) }, (_, at) => ({
    clients: Math.min(CLIENTS_OF_A_PROCESS, clients - at * CLIENTS_OF_A_PROCESS),
    from: `127.0.0.${at + 2}`,
  }));

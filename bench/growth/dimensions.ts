/** One size of what is measured. */
export interface Scene {
  streams: number;
  clients: number;
  streamsOfAClient: number;
  eventsPerSecond: number;
  edges: number;
  /** Otherwise all is one process. */
  isOverRedis: boolean;
}

/** Something that grows while all else stays. */
export interface Dimension {
  name: string;
  says: string;
  sizes: readonly number[];
  quickSizes: readonly number[];
  scene: (size: number) => Scene;
}

const USUAL: Scene = {
  streams: 300,
  clients: 15,
  streamsOfAClient: 20,
  eventsPerSecond: 1_000,
  edges: 1,
  isOverRedis: false,
};

export const DIMENSIONS: readonly Dimension[] = [
  {
    name: 'streams',
    says: 'streams, 1,000 events/s of them all, a client that has them for each hundred',
    sizes: [100, 400, 1_600, 3_200],
    quickSizes: [100, 400],
    scene: (streams) => ({ ...USUAL, streams, clients: streams / 100, streamsOfAClient: 100 }),
  },
  {
    name: 'clients',
    says: 'clients with 20 of 300 streams each, 300 events/s',
    sizes: [75, 300, 1_200, 2_400],
    quickSizes: [75, 300],
    scene: (clients) => ({ ...USUAL, clients, eventsPerSecond: 300 }),
  },
  {
    name: 'events',
    says: 'events/s of 300 streams, to 15 clients with 20 of them each',
    sizes: [500, 2_000, 8_000, 16_000],
    quickSizes: [500, 2_000],
    scene: (eventsPerSecond) => ({ ...USUAL, eventsPerSecond }),
  },
  {
    name: 'edges',
    says: 'edges over Redis with 15 clients each, 1,000 events/s of 300 streams; upstream, Redis and all edges together',
    sizes: [1, 2, 4, 6],
    quickSizes: [1, 2],
    scene: (edges) => ({ ...USUAL, edges, isOverRedis: true }),
  },
];

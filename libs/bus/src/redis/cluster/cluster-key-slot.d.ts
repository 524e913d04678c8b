declare module 'cluster-key-slot' {
  /** The slot of a key or a channel of Redis Cluster. */
  export default function calculateSlot(key: string): number;
}

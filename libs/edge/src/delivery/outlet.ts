import type { EdgeCounts } from '../metrics/edge-counts.js';
import type { Publish } from './rendition.js';

/** Where texts for clients go. */
export interface Outlet {
  publish: Publish;
  counts: EdgeCounts;
}

/** Sends a text to those who joined the topic, so many, and counts it. */
export function deliver({ publish, counts }: Outlet, topic: string, text: string, clients: number): void {
  counts.deliveries += clients;
  counts.sentBytes += clients * text.length;
  publish(topic, text);
}

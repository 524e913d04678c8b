import type { GateStep } from '#libs/simulator';

/** What the soak tells the process in which the simulator and the clients live. */
export type Order =
  { say: 'clients'; url: string } | { say: 'script'; step: GateStep } | { say: 'report' } | { say: 'stop' };

/** What all clients saw, and what the simulator counted. */
export interface WorldReport {
  messages: number;
  clients: number;
  /** Different streams that the clients watch. */
  streams: number;
  disconnects: number;
  lost: number;
  gaps: number;
  doubled: number;
  reordered: number;
  brokenPlaces: number;
  violations: string[];
  openConnections: number;
  attempts: number;
}

/** What it answers. */
export type Answer =
  { say: 'simulator'; wsUrl: string; restUrl: string } | { say: 'served' } | { say: 'report'; report: WorldReport };

import type { Millis } from '#libs/core';

/** How busy this process is, between two looks. */
export class Load {
  private cpu = process.cpuUsage();
  private loop = performance.eventLoopUtilization();

  /** @param spanMs since the last look. */
  look(spanMs: Millis): { cpuPercent: number; loopPercent: number; memoryBytes: number } {
    const { user, system } = process.cpuUsage(this.cpu);
    const { utilization } = performance.eventLoopUtilization(this.loop);
    this.cpu = process.cpuUsage();
    this.loop = performance.eventLoopUtilization();
    const cpuPercent = spanMs > 0 ? (user + system) / 10 / spanMs : 0;
    return { cpuPercent, loopPercent: utilization * 100, memoryBytes: process.memoryUsage.rss() };
  }
}

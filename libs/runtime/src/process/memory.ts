import { totalmem } from 'node:os';

/** Of the memory, for what waits for slow clients: buffers grow by doubling, so that twice as much may be taken. */
const SHARE_OF_BACKLOGS = 1 / 4;

/** What this process may use: its control group's limit where it has one, else the machine's memory. */
function memoryLimit(): number {
  // 0 and more than the machine has both stand for no limit.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** How many bytes may wait for all clients together: what the setting says, or where that is 0 a share of the memory. */
export const roomForBacklogs = (asked: number, memory: number = memoryLimit()): number =>
  asked > 0 ? asked : Math.floor(memory * SHARE_OF_BACKLOGS);

import type { Latency } from '../crowd/orders.js';
import { Stage } from '../stacks/stage.js';

/** What a stretch of time was like. */
export interface Stretch extends Latency {
  /** Of all processes of the stack, Redis apart, for each event. */
  cpuMicros: number;
}

/** A stack from its start: the time in which it is cold, in short stretches and as a whole, and the time after it. */
export interface Life {
  /** Seconds since the first event, at the end of each stretch. */
  stretches: (Stretch & { at: number })[];
  cold: Stretch;
  warm: Stretch;
}

interface Course {
  rate: number;
  first: number;
  seconds: number;
}

/** Short enough to see how a process warms up. */
const STRETCH_SECONDS = 5;

/** Drives a new stack at once, in stretches without a rest between them. */
export async function live(parts: Parameters<typeof Stage.start>[0], { rate, first, seconds }: Course): Promise<Life> {
  const stage = await Stage.start(parts);
  try {
    const stretches: Life['stretches'] = [];
    let whole = 0;
    const play = async (lasting: number): Promise<Stretch> => {
      const { cpuMicros, sent } = await stage.measure({ eventsPerSecond: rate, seconds: lasting });
      const { redis: _, ...ours } = cpuMicros;
      const cpu = Object.values(ours).reduce((sum, micros) => sum + micros, 0);
      return { cpuMicros: cpu / sent.all, ...(await stage.latency()) };
    };
    while (whole < first) {
      const lasting = Math.min(STRETCH_SECONDS, first - whole);
      whole += lasting;
      stretches.push({ at: whole, ...(await play(lasting)) });
    }
    const cold = { cpuMicros: mean(stretches), ...(await stage.latency('all')) };
    const warm = await play(seconds);
    stretches.push({ at: whole + seconds, ...warm });
    return { stretches, cold, warm };
  } finally {
    await stage.stop();
  }
}

/** Each stretch weighs as much as its messages. */
function mean(stretches: readonly Stretch[]): number {
  const all = stretches.reduce((sum, { messages }) => sum + messages, 0);
  return stretches.reduce((sum, { cpuMicros, messages }) => sum + (cpuMicros * messages) / all, 0);
}

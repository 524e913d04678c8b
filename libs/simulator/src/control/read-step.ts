import { notOk, ok, type Result } from '#libs/core';
import { isCloseCode, isCloseReason, isRefusalStatus } from '../incidents/parameter.js';
import { CUTS, type Moment, type GateStep } from '../server/gate.js';

const EXPECTED = `a script is a list whose steps are "accept", {"refuse":{"status":429,"retryAfter":5}}, {"slow":3000}, {"slow":"never"}, {"reset":true}, {"silent":true}, {"stall":true}, {"close":{"code":1008,"reason":"…"}} or {"cut":"${CUTS.join('" | "')}"}, the last two with "when":"open" or "first-frame"`;

/** Reads a script for the next connection attempts; a sentence about the first step that is none. */
export function readScript(value: unknown): Result<GateStep[], string> {
  if (!Array.isArray(value)) return notOk(EXPECTED);
  const steps: GateStep[] = [];
  for (const item of value) {
    const step = readStep(item);
    if (!step) return notOk(`${JSON.stringify(item)} is no step: ${EXPECTED}`);
    steps.push(step);
  }
  return ok(steps);
}

function readStep(value: unknown): GateStep | undefined {
  if (value === 'accept') return 'accept';
  if (!isRecord(value)) return undefined;
  const { refuse, slow, reset, silent, stall, close, cut } = value;
  if (reset === true) return { reset };
  if (silent === true) return { silent };
  if (stall === true) return { stall };
  if (slow === 'never' || (typeof slow === 'number' && slow >= 0 && slow < 2 ** 31)) return { slow };
  if (isRecord(refuse)) return readRefusal(refuse);
  const when = readMoment(value['when']);
  if (!when) return undefined;
  const known = CUTS.find((kind) => kind === cut);
  if (known) return { cut: known, when };
  return isRecord(close) ? readClose(close, when) : undefined;
}

function readRefusal({ status, retryAfter }: Record<string, unknown>): GateStep | undefined {
  if (typeof status !== 'number' || !isRefusalStatus(status)) return undefined;
  if (typeof retryAfter === 'number' || typeof retryAfter === 'string') return { refuse: { status, retryAfter } };
  return retryAfter === undefined ? { refuse: { status } } : undefined;
}

function readClose({ code, reason = '' }: Record<string, unknown>, when: Moment): GateStep | undefined {
  if (typeof code !== 'number' || !isCloseCode(code) || !isCloseReason(reason)) return undefined;
  return { close: { code, reason }, when };
}

function readMoment(value: unknown): Moment | undefined {
  if (value === undefined) return 'open';
  return value === 'open' || value === 'first-frame' ? value : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

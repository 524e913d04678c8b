import type { Millis } from '#libs/core';
import { IsInstant, IsWord } from './shape/fields.js';
import { compileShape } from './shape/compile.js';

/** @see https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#general-wss-information */
export class ServerShutdownFrame {
  @IsWord('Event type', 'serverShutdown') e!: string;
  @IsInstant('Event time') E!: number;
}

/** The stream under which it comes in combined mode; nobody subscribes to it. */
export const SERVER_SHUTDOWN_STREAM = '!serverShutdown';

const compiled = compileShape(ServerShutdownFrame);

/** Whether a payload says that the server is about to close. */
export const isServerShutdown = (value: unknown): value is ServerShutdownFrame => compiled.check(value);

/** The text that a client is sent. */
export function encodeServerShutdown(at: Millis, form: { isCombined: boolean; isMicrosecond: boolean }): string {
  const payload = `{"e":"serverShutdown","E":${form.isMicrosecond ? at * 1_000 : at}}`;
  return form.isCombined ? `{"stream":"${SERVER_SHUTDOWN_STREAM}","data":${payload}}` : payload;
}

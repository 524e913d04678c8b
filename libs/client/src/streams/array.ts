import type { StreamEvent, StreamName } from '#libs/core';

/** Whether each of its events is of one symbol of many. */
export const isArray = (stream: StreamName): boolean => stream.startsWith('!');

/** What an event takes the place of what was said before about: in an array, its symbol; undefined elsewhere, where one event follows the other. */
export const symbolOf = (event: StreamEvent): string | undefined =>
  isArray(event.stream) && event.type !== 'feed' && event.type !== 'unknown' ? event.symbol : undefined;

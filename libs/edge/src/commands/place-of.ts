import type { Place } from '#libs/core';
import type { EdgeStream } from '../streams/edge-stream.js';
import { isFollowed } from '../streams/table.js';

/** Where a stream stands, as clients are told; null where this edge has not heard of it yet. */
export const placeOf = ({ phase, place }: EdgeStream): Place | null => (isFollowed(phase) ? place : null);

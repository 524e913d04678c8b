import type { JsonSchema } from './event-schemas.js';
import { EPOCH_SEQ, INSTANT, STREAM, STREAMS, list, object } from './shapes.js';

/** What a question and its answer are wrapped in on the bus. */
const QUESTION_ID = { type: 'integer', minimum: 1, description: "The asker's number of the question" };

const WELCOME = object(
  {
    stream: STREAM,
    place: EPOCH_SEQ,
    feed: { type: 'string', description: 'The text of a feed event' },
    latest: list(
      { type: 'string' },
      'The text of the newest event of a state stream, or of the book of a stream of diffs',
    ),
    opening: object({
      follows: EPOCH_SEQ,
      to: { type: 'integer', minimum: 1, description: 'Up to here the term has said feed states alone' },
    }),
  },
  ['opening'],
);

const LIST_MARK = { type: ['string', 'null'] };

const MARK = object({
  place: EPOCH_SEQ,
  event: { type: 'string', description: 'The text of the newest event' },
});

export const BUS_MESSAGES: Record<string, JsonSchema> = {
  demand: object(
    { edge: { type: 'string' }, streams: STREAMS, epoch: { type: 'integer', description: 'The newest term seen' } },
    ['epoch'],
  ),
  demandCall: object({ reached: { const: true, description: 'How far an edge got is asked for as well' } }, [
    'reached',
  ]),
  reached: object(
    {
      edge: { type: 'string' },
      beat: object({ epoch: { type: 'integer' }, at: INSTANT }),
      marks: list(MARK, 'At most 100'),
      part: list(
        { type: 'integer', minimum: 0 },
        'Which message of the answer it is, counted from 0, and how many there are',
      ),
    },
    ['beat', 'part'],
  ),
  welcomeQuestion: object({
    id: QUESTION_ID,
    to: { type: 'string', description: 'The channel on which the answer is expected' },
    ask: object({ streams: STREAMS }),
  }),
  welcomeAnswer: object({
    id: QUESTION_ID,
    answer: object({ welcomes: list(WELCOME, 'One for each stream that was asked about and is carried') }),
  }),
  missedQuestion: object({
    id: QUESTION_ID,
    to: { type: 'string', description: 'The channel on which the answer is expected' },
    ask: object({ stream: STREAM, epoch: { type: 'integer' }, after: { type: 'integer' }, to: { type: 'integer' } }),
  }),
  missedAnswer: object({
    id: QUESTION_ID,
    answer: object({
      texts: list(
        { type: 'string' },
        'The texts of all messages behind `after`, up to `to`, or of as many from the first on as one answer holds; none: ask again',
      ),
    }),
  }),
  symbolsQuestion: object({
    id: QUESTION_ID,
    to: { type: 'string', description: 'The channel on which the answer is expected' },
    ask: object(
      {
        mark: { ...LIST_MARK, description: 'Of the list that the asker has; null where it has none' },
        missedMs: {
          type: 'number',
          description:
            'So long ago the newest symbol was first wanted that is not in it; absent where nobody wants such a one',
        },
      },
      ['missedMs'],
    ),
  }),
  symbolsAnswer: object({
    id: QUESTION_ID,
    answer: object(
      {
        mark: { ...LIST_MARK, description: 'Of the list that there is; null where nobody knows' },
        symbols: list({ type: 'string' }, 'All symbols, as in payloads; absent where the asker has this list'),
      },
      ['symbols'],
    ),
  }),
  standingQuestion: object({
    id: QUESTION_ID,
    to: { type: 'string', description: 'The channel on which the answer is expected' },
    ask: object({ streams: STREAMS }),
  }),
  standingAnswer: object({
    id: QUESTION_ID,
    answer: object({
      marks: list(
        object(
          {
            stream: STREAM,
            place: EPOCH_SEQ,
            event: { type: 'string', description: 'The text of the newest event; of a book without its levels' },
            isLacking: { const: true, description: 'No connection carries the stream now, or some of it is fetched' },
          },
          ['event', 'isLacking'],
        ),
        'One for each stream that was asked about and of which the term has said something',
      ),
    }),
  }),
  successionQuestion: object({
    id: QUESTION_ID,
    to: { type: 'string', description: 'The channel on which the answer is expected' },
    ask: object(
      {
        term: { type: 'integer', description: 'The term of the upstream that is about to go' },
        mostUnsure: {
          type: 'integer',
          minimum: 0,
          description: 'Who can go on without a hole of all but so many streams?',
        },
        silentMs: { type: 'integer', description: 'So long its own lines have brought nothing' },
      },
      ['silentMs'],
    ),
  }),
  successionAnswer: object({
    id: QUESTION_ID,
    answer: object({ owner: { type: 'string', description: 'The token of an upstream that can go on' } }),
  }),
  left: object({
    term: { type: 'integer', description: 'The term that is over' },
    next: { type: 'string', description: 'The token of the upstream that is meant to go on; empty: any' },
  }),
  withheldQuestion: object({
    id: QUESTION_ID,
    to: { type: 'string', description: 'The channel on which the answer is expected' },
    ask: object(
      { stream: STREAM, from: { type: 'integer' }, to: { type: 'integer', description: 'Absent: nobody knows' } },
      ['to'],
    ),
  }),
  withheldAnswer: object({
    id: QUESTION_ID,
    answer: object({
      events: list({ type: 'string' }, 'Texts of events, in their order; the places in them mean nothing'),
      isAll: { type: 'boolean', description: 'Nothing more of that will come' },
    }),
  }),
  heartbeat: object(
    {
      epoch: { type: 'integer' },
      at: INSTANT,
      places: {
        type: 'object',
        additionalProperties: { type: 'integer' },
        description: 'The seq of the newest message of streams, all of them in turn',
      },
      deaf: { const: true, description: 'It does not hear the bus: what it is asked goes unanswered' },
    },
    ['deaf'],
  ),
  present: {
    oneOf: [
      object({ gone: { type: 'string', description: 'The id of a process that ends in order' } }),
      object({
        id: { type: 'string', description: 'Drawn anew by each process' },
        role: { type: 'string' },
        host: { type: 'string' },
        version: { type: 'string' },
        startedAt: INSTANT,
        lead: { type: ['string', 'null'], description: 'Its role among upstreams that stand by for each other' },
        health: { type: 'string', enum: ['well', 'impaired', 'down'] },
        sinceAt: INSTANT,
        reasons: list(object({ what: { type: 'string' }, why: { type: 'string' } })),
        says: { type: 'string', description: 'The last hour in one sentence' },
        streams: { type: 'integer' },
        live: { type: 'integer' },
        clients: { type: ['integer', 'null'] },
      }),
    ],
  },
};

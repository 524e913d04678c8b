/**
 * `following`: somebody else publishes, or nobody yet; all that this upstream would say is withheld. `claiming`: it has asked for the
 * lease. `succeeding`: the lease is its own, and nothing is said before the one who had it can say nothing more. `leading`: it
 * publishes. `yielding`: it does, and looks for somebody whose lines bring what its own do not. `parting`: it does, was told to end, and
 * looks for a successor. `over`: it publishes nothing any more, for good.
 */
export type LeadState = 'following' | 'claiming' | 'succeeding' | 'leading' | 'yielding' | 'parting' | 'over';

/**
 * What can happen. `open`: the lease may be claimed. `given`, `taken`, `failed`: what became of a claim; it failed where nobody can tell.
 * `fenced`: all that others have published was heard, and they can publish nothing more. `lost`: the lease is somebody else's. `gone`: the
 * bus has no record of it. `outseen`: edges have seen a higher term, in which nobody beats. `rivalled`: somebody publishes in a higher
 * term who asks for no lease. `unanswered`: the bus has not answered for most of a lease. `unfit`, `fit`: whether its lines bring data.
 * `successor`: somebody can go on without a hole. `nobody`: none was found in time. `told-to-part`: the process is to end.
 */
export type LeadHappening =
  | 'open'
  | 'given'
  | 'taken'
  | 'failed'
  | 'fenced'
  | 'lost'
  | 'gone'
  | 'outseen'
  | 'rivalled'
  | 'unanswered'
  | 'unfit'
  | 'fit'
  | 'successor'
  | 'nobody'
  | 'told-to-part';

/**
 * What must be done. `claim`, `claim-above`: ask for the lease, as it was seen, or for a higher term of our own. `enter`: record our
 * publishing connections in it, with the next one where there is none now. `fence`: end those of others, and wait until all was heard.
 * `succeed`: begin the term, and say what comes behind theirs. `beat`: let everybody know at once. `withhold`: say nothing more.
 * `step-down`: the same, hold the lease no longer, and listen. `flush`: wait until all that was said is out. `leave`: give the lease
 * back. `call`: say that it was left. `call-successor`: ask who can go on. `say-stopped`: tell everybody that nobody goes on. `cut`: end
 * our publishing connections. `say-so`: log it, and show it. `watch-anew`: begin to watch the lease, from nothing.
 */
export type LeadEffect =
  | 'claim'
  | 'claim-above'
  | 'enter'
  | 'fence'
  | 'succeed'
  | 'beat'
  | 'withhold'
  | 'step-down'
  | 'flush'
  | 'leave'
  | 'call'
  | 'call-successor'
  | 'say-stopped'
  | 'cut'
  | 'say-so'
  | 'watch-anew';

/** The state that follows, and what must be done on the way, in this order: each when the one before is done. */
export interface LeadMove {
  to: LeadState;
  do: readonly LeadEffect[];
}

const ENTER: readonly LeadEffect[] = ['enter', 'fence'];
const BACK: LeadMove = { to: 'following', do: ['step-down', 'watch-anew'] };
const BACK_TO_WATCH: LeadMove = { to: 'following', do: ['watch-anew'] };
const OUTSEEN: LeadMove = { to: 'succeeding', do: ['withhold', 'claim-above'] };
const RIVALLED: LeadMove = { to: 'following', do: ['step-down', 'leave', 'watch-anew'] };
const HAND_OVER: readonly LeadEffect[] = ['withhold', 'flush', 'leave', 'call'];

/**
 * Every move. A missing cell means: nothing changes, and nothing is to be done. Whoever has published says nothing more before he gives
 * the lease back; whoever takes it says nothing before the others can say nothing more.
 */
export const LEAD_MOVES: Readonly<Record<LeadState, Partial<Record<LeadHappening, LeadMove>>>> = {
  following: {
    open: { to: 'claiming', do: ['claim'] },
    rivalled: { to: 'following', do: ['say-so'] },
    'told-to-part': { to: 'over', do: [] },
  },
  claiming: {
    given: { to: 'succeeding', do: ENTER },
    taken: BACK_TO_WATCH,
    failed: BACK_TO_WATCH,
    'told-to-part': { to: 'over', do: ['leave'] },
  },
  succeeding: {
    given: { to: 'succeeding', do: ENTER },
    taken: BACK,
    failed: { to: 'succeeding', do: ENTER },
    fenced: { to: 'leading', do: ['succeed', 'beat'] },
    lost: BACK,
    gone: { to: 'succeeding', do: ENTER },
    rivalled: RIVALLED,
    unanswered: { to: 'succeeding', do: ['cut'] },
    'told-to-part': { to: 'over', do: ['leave'] },
  },
  leading: {
    lost: BACK,
    gone: { to: 'leading', do: ENTER },
    outseen: OUTSEEN,
    rivalled: RIVALLED,
    unanswered: { to: 'leading', do: ['cut'] },
    unfit: { to: 'yielding', do: ['call-successor'] },
    'told-to-part': { to: 'parting', do: ['call-successor'] },
  },
  yielding: {
    lost: BACK,
    gone: { to: 'yielding', do: ENTER },
    outseen: OUTSEEN,
    rivalled: RIVALLED,
    unanswered: { to: 'yielding', do: ['cut'] },
    fit: { to: 'leading', do: [] },
    successor: { to: 'following', do: [...HAND_OVER, 'step-down', 'watch-anew'] },
    nobody: { to: 'leading', do: [] },
    // Anybody will do now.
    'told-to-part': { to: 'parting', do: ['call-successor'] },
  },
  parting: {
    lost: { to: 'over', do: ['step-down'] },
    gone: { to: 'parting', do: ENTER },
    rivalled: { to: 'over', do: ['step-down', 'leave'] },
    unanswered: { to: 'parting', do: ['cut'] },
    successor: { to: 'over', do: HAND_OVER },
    nobody: { to: 'over', do: ['say-stopped', ...HAND_OVER] },
  },
  // A claim that was under way when the process was told to end.
  over: { given: { to: 'over', do: ['leave'] } },
};

/** What a happening makes of a state, and what must be done. Pure; who calls it does that. */
export const stepLead = (state: LeadState, happening: LeadHappening): LeadMove =>
  LEAD_MOVES[state][happening] ?? { to: state, do: [] };

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { KINDS, MOST_WATCHED, SYMBOLS, namesIn, streamOf } from '../seen/names.js';

interface PickerProps {
  add: (names: readonly string[]) => void;
  isFull: boolean;
  isPaused: boolean;
  pause: (isPaused: boolean) => void;
}

/** Streams are picked by symbol and kind, or typed as Binance writes them, several at once. */
export const Picker = ({ add, isFull, isPaused, pause }: PickerProps): JSX.Element => (
  <section class="picker" aria-label="Pick streams">
    <ByKind add={add} isFull={isFull} />
    <ByName add={add} isFull={isFull} />
    <button type="button" aria-pressed={isPaused} class="pause" onClick={() => pause(!isPaused)}>
      {isPaused ? 'Go on showing what comes' : 'Hold still'}
    </button>
    {isFull && <p class="note">{MOST_WATCHED} streams are all that one page shows.</p>}
  </section>
);

type AddProps = Pick<PickerProps, 'add' | 'isFull'>;

function ByKind({ add, isFull }: AddProps): JSX.Element {
  const [symbol, setSymbol] = useState('ethusdt');
  const [suffix, setSuffix] = useState(KINDS[0]?.suffix ?? '');
  const pick = (event: Event): void => {
    event.preventDefault();
    if (symbol.trim() !== '') add([streamOf(symbol, suffix)]);
  };
  return (
    <form onSubmit={pick}>
      <label>
        Symbol
        <input
          list="symbols"
          value={symbol}
          size={10}
          spellcheck={false}
          autocapitalize="off"
          onInput={({ currentTarget }) => setSymbol(currentTarget.value)}
        />
      </label>
      <datalist id="symbols">
        {SYMBOLS.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <label>
        What of it
        <select value={suffix} onChange={({ currentTarget }) => setSuffix(currentTarget.value)}>
          {KINDS.map((kind) => (
            <option key={kind.suffix} value={kind.suffix}>
              {kind.says} ({kind.suffix})
            </option>
          ))}
        </select>
      </label>
      <button type="submit" disabled={isFull}>
        Watch
      </button>
    </form>
  );
}

function ByName({ add, isFull }: AddProps): JSX.Element {
  const [typed, setTyped] = useState('');
  const type = (event: Event): void => {
    event.preventDefault();
    add(namesIn(typed));
    setTyped('');
  };
  return (
    <form onSubmit={type}>
      <label>
        Or names, several at once
        <input
          value={typed}
          placeholder="bnbusdt@aggTrade !miniTicker@arr"
          size={32}
          spellcheck={false}
          autocapitalize="off"
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={isFull || typed.trim() === ''}>
        Watch these
      </button>
    </form>
  );
}

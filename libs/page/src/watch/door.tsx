import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type ConnectionShown, sayConnection } from '../seen/connection.js';
import { type DoorAnswer, isToken, wantsToken } from '../seen/door.js';
import { Badge } from '../view/parts.js';

/** The page's own connection, in so many words, while there is none: what is shown below is how it was. */
export function Lost({ connection, now }: { connection: ConnectionShown; now: number }): JSX.Element | null {
  const { state, ending, failed } = connection;
  if (state !== 'lost' && state !== 'closed' && failed === 0) return null;
  const { word, says } = sayConnection(connection, now);
  return (
    <div class="verdict bad lost">
      <p class="says" role="alert">
        {state === 'connecting' ? 'Nothing answers at this gateway' : 'The connection to the gateway is lost'}
      </p>
      <p>
        <Badge tone="bad">{word}</Badge> {says}
        {ending !== undefined && state !== 'connecting' && ` · how it ended: ${ending}`}
      </p>
      {state === 'lost' && (
        <p>
          What is shown is how it was. This page connects again by itself, and is given what it missed, as far as the
          gateway keeps it.
        </p>
      )}
    </div>
  );
}

/** Why the gateway does not let this page in, and what can be done about that here. */
export function Door({
  refusal,
  hasToken,
  identify,
}: {
  refusal: DoorAnswer;
  hasToken: boolean;
  identify: (token: string) => void;
}): JSX.Element {
  if (wantsToken(refusal)) return <TokenForm isAnother={hasToken} identify={identify} />;
  return (
    <div class="verdict bad">
      <p class="says" role="alert">
        The gateway does not let this page in
      </p>
      <p>
        {refusal.says} <span class="quiet">({refusal.why})</span>
      </p>
      <p>It is asked again every few seconds.</p>
    </div>
  );
}

function TokenForm({ isAnother, identify }: { isAnother: boolean; identify: (token: string) => void }): JSX.Element {
  const [text, setText] = useState('');
  const token = text.trim();
  const isBad = token !== '' && !isToken(token);
  const send = (event: Event): void => {
    event.preventDefault();
    if (isToken(token)) identify(token);
  };
  return (
    <form class="verdict warn token" onSubmit={send}>
      <p class="says" role="alert">
        {isAnother ? 'The gateway does not take this token' : 'This gateway asks who you are'}
      </p>
      <label>
        Token
        <input
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={text}
          aria-describedby="token-note"
          aria-invalid={isBad}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={token === '' || isBad}>
        Connect
      </button>
      <p id="token-note" class="more">
        {isBad ? 'A token has letters, digits and - . _ ~ alone. ' : ''}As <code>npx holdfast token NAME</code> makes
        it, or a JWT. It stays in this tab, is in no address, and is forgotten when the tab is closed.
      </p>
    </form>
  );
}

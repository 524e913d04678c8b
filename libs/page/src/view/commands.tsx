import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { CommandRow, Page } from '../words/page.js';
import { Section } from './parts.js';

/** What can be done to this process. Each asks first; where tokens are asked for, it wants an operator's. */
export function Commands({ page, isOwn }: { page: Page; isOwn: boolean }): JSX.Element | null {
  const [chosen, choose] = useState<CommandRow>();
  const [said, say] = useState('');
  if (page.commands.length === 0) return null;
  return (
    <Section id="commands" title="Commands">
      {!isOwn && <p class="note">Another process is shown: give commands on its own page.</p>}
      <ul class="commands">
        {page.commands.map((command) => (
          <li key={command.key}>
            <button type="button" disabled={!isOwn} onClick={() => choose(command)}>
              {command.key} …
            </button>{' '}
            {command.says}
          </li>
        ))}
      </ul>
      <p role="status">{said}</p>
      {chosen && (
        <Question
          command={chosen}
          asksToken={page.asksToken}
          answered={(answer) => {
            choose(undefined);
            say(answer);
          }}
        />
      )}
    </Section>
  );
}

interface QuestionProps {
  command: CommandRow;
  asksToken: boolean;
  /** Called with what is said afterwards. */
  answered: (said: string) => void;
}

function Question({ command: { key, says }, asksToken, answered }: QuestionProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [token, setToken] = useState('');
  const [isUnderWay, setUnderWay] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const run = async (): Promise<void> => {
    setUnderWay(true);
    answered(await give(key, token));
  };
  return (
    <dialog ref={dialog} aria-labelledby="question" onClose={() => answered('')}>
      <h3 id="question">Really {key}?</h3>
      <p>{says}</p>
      {asksToken && (
        <label>
          Token of an operator{' '}
          <input
            type="password"
            autocomplete="off"
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </label>
      )}
      <p class="buttons">
        <button type="button" autofocus onClick={() => answered('Nothing was done.')}>
          No
        </button>
        <button type="button" class="danger" disabled={isUnderWay} onClick={() => void run()}>
          Yes, {key}
        </button>
      </p>
    </dialog>
  );
}

/** Gives a command; resolves with what is said about it. */
async function give(command: string, token: string): Promise<string> {
  const headers = { 'content-type': 'application/json', ...(token !== '' && { authorization: `Bearer ${token}` }) };
  try {
    const response = await fetch(`./commands/${encodeURIComponent(command)}`, { method: 'POST', headers, body: '{}' });
    const text = await response.text();
    return response.ok ? `${command}: done. ${text}` : `${command} was refused (${response.status}): ${text}`;
  } catch (error) {
    return `${command}: no answer (${(error as Error).message})`;
  }
}

/** A gateway that runs, in this process or in several, as a drill sees it. */
export interface Gateway {
  /** Where clients connect: `ws://127.0.0.1:…`. */
  readonly url: string;
  /** Where the upstream role's operators look: `http://127.0.0.1:…`. */
  readonly opsUrl: string;
  stop(): Promise<void>;
}

/** Reads `/status` of a process of ours. */
export async function readStatus(opsUrl: string): Promise<unknown> {
  const response = await fetch(`${opsUrl}/status`);
  if (!response.ok) throw new Error(`${opsUrl}/status answered ${response.status}`);
  return response.json();
}

/** Makes a process of ours do something; resolves with what it says about it. */
export async function command(opsUrl: string, name: string, input: unknown): Promise<unknown> {
  const response = await fetch(`${opsUrl}/commands/${encodeURIComponent(name)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${opsUrl}/commands/${name} answered ${response.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

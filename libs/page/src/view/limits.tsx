import type { JSX } from 'preact';
import { wholeSeconds } from '#libs/core';
import type { BusShown, Meter, Page } from '../words/page.js';
import { Badge, Clock, Section } from './parts.js';

/** What carries messages between processes, and how much of each limit is used. */
export const Limits = ({ page: { bus, meters }, now }: { page: Page; now: number }): JSX.Element => (
  <div class="pair">
    {bus && <BusCard bus={bus} now={now} />}
    <Section id="limits" title="Limits">
      <ul class="meters">
        {meters.map((meter) => (
          <MeterRow key={meter.key} meter={meter} />
        ))}
      </ul>
    </Section>
  </div>
);

function BusCard({ bus, now }: { bus: BusShown; now: number }): JSX.Element {
  if (bus.kind === 'memory')
    return (
      <Section id="bus" title="Bus">
        <p class="note">In memory, within this process: there is no Redis to lose.</p>
      </Section>
    );
  const { state, sinceAt, address, why, waits, refused } = bus;
  return (
    <Section id="bus" title="Redis">
      <p>
        <Badge tone={state === 'up' ? 'good' : 'bad'}>{state}</Badge> {address}
        {sinceAt !== null && (
          <>
            {' '}
            since <Clock at={sinceAt} />, for {wholeSeconds(now - sinceAt)}
          </>
        )}
      </p>
      {why && <p>It says: {why}</p>}
      {waits && <p>Cannot be kept now: {waits}</p>}
      {refused.length > 0 && (
        <ul>
          {refused.map((one) => (
            <li key={one}>Refused: {one}</li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function MeterRow({ meter: { key, used, most, says } }: { meter: Meter }): JSX.Element {
  const share = used / most;
  return (
    <li>
      <span class="meter-name" id={`meter-${key}`}>
        {key}
      </span>
      <meter
        min={0}
        max={most}
        low={most * 0.7}
        high={most * 0.9}
        optimum={0}
        value={used}
        aria-labelledby={`meter-${key}`}
        aria-valuetext={says}
      />
      <span class={share >= 0.9 ? 'meter-says full' : 'meter-says'}>{says}</span>
    </li>
  );
}

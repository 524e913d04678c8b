import type { JSX } from 'preact';
import type { Ladder, LadderRow } from '../seen/ladder.js';

/** A book as a ladder: asks above, bids below, the touch between them. */
export function LadderTable({ label, ladder: { asks, bids, spread } }: { label: string; ladder: Ladder }): JSX.Element {
  if (asks.length + bids.length === 0) return <p class="empty">No book yet.</p>;
  return (
    <table class="ladder" aria-label={label}>
      <thead>
        <tr>
          <th scope="col">Side</th>
          <th scope="col" class="number">
            Price
          </th>
          <th scope="col" class="number">
            Quantity
          </th>
          <th scope="col" class="number">
            Up to here
          </th>
        </tr>
      </thead>
      <tbody>
        {asks.map((row) => (
          <Rung key={row.price} side="ask" row={row} />
        ))}
        <tr class="spread">
          <td colSpan={4}>{spread === undefined ? 'one side is empty' : `spread ${spread}`}</td>
        </tr>
        {bids.map((row) => (
          <Rung key={row.price} side="bid" row={row} />
        ))}
      </tbody>
    </table>
  );
}

const Rung = ({
  side,
  row: { price, quantity, total, share },
}: {
  side: 'ask' | 'bid';
  row: LadderRow;
}): JSX.Element => (
  <tr class={side}>
    <td>{side}</td>
    <td class="number price">{price}</td>
    <td class="number">{quantity}</td>
    <td class="number share" style={{ '--share': `${(share * 100).toFixed(1)}%` }}>
      {total}
    </td>
  </tr>
);

/** How many different streams one edge may carry; all its markets share it. */
export class Room {
  taken = 0;

  constructor(readonly most: number) {}
}

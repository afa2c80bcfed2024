/** What somebody else's hand did to the money (N-10, N-14): that it is over by now is no reason for nobody to look. */
export const UNTIL_SEEN: ReadonlySet<string> = new Set(['amount_mismatch', 'refunded_elsewhere', 'dispute_lost'])

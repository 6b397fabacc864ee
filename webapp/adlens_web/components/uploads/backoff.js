/** The milliseconds before attempt `attempt` (from 1): `first`, then `factor` times as long each time, `longest` at most. */
export const backoff = (attempt, { first, factor, longest = Infinity }) =>
  Math.min(longest, first * factor ** (attempt - 1));

/** All reasons that there are; their order is that of the cells of {@link ShardBooks}. */
export const DEAD_REASONS = [
  "no-such-actor",
  "ended",
  "mailbox-full",
  "displaced",
  "unknown-handler",
  "failed",
  "refused",
  "expired",
  "cancelled",
  "shard-lost",
  "unknown",
] as const;

/** Why a message was not handled. */
export type DeadReason = typeof DEAD_REASONS[number];

/**
 * Why a connection is refused or closed, as the application error code of QUIC's CONNECTION_CLOSE
 * (RFC 9000 §19.19). The names are what people and counters see.
 */
export const REFUSAL_CODES = {
  "goodbye": 0x00,
  "bad-certificate": 0x01,
  "wrong-id": 0x02,
  "not-allowed": 0x03,
  "wrong-network": 0x04,
  "wrong-version": 0x05,
  "bad-frame": 0x06,
  "frame-too-large": 0x07,
  "unknown-frame": 0x08,
  "duplicate": 0x09,
  "self": 0x0a,
  "unverified": 0x0b,
  "too-slow": 0x0c,
  "failed": 0x0d,
  /** Not a refusal: whoever dialled only wanted to know whether this node can be reached. */
  "probe": 0x0e,
} as const;

/** Name of a {@link REFUSAL_CODES} entry. */
export type RefusalCode = keyof typeof REFUSAL_CODES;

const NAMES = new Map(
  Object.entries(REFUSAL_CODES).map(([name, code]) => [code as number, name as RefusalCode]),
);

/** The name of an application error code; `undefined` for one that is not ours. */
export function refusalOf(code: number): RefusalCode | undefined {
  return NAMES.get(code);
}

/** A refusal: its code for machines, words for people. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}

/** Changing a value in place. @module */

/**
 * Changes every container, date and byte array in a value that `chosen` says yes to: what else holds
 * the same object sees it.
 */
export function ruin(value: unknown, chosen: () => boolean = () => true): void {
  if (typeof value !== "object" || value === null) return;
  if (value instanceof Uint8Array) {
    if (chosen()) value.fill(0xee);
  } else if (value instanceof Date) {
    if (chosen()) value.setTime(1);
  } else if (Array.isArray(value)) {
    for (const item of value) ruin(item, chosen);
    if (chosen()) value.push("ruined");
    if (chosen()) value[0] = "ruined";
  } else if (isPlain(value)) {
    for (const item of Object.values(value)) ruin(item, chosen);
    for (const key of Object.keys(value)) if (chosen()) value[key] = "ruined";
    if (chosen()) value.ruined = true;
  }
}

/** A plain object, and no ref. */
function isPlain(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

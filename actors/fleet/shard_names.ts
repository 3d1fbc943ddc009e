const USER = "user-";

/** The names of a system's shards beside the main one, in the order of their start. */
export function shardNames(own: readonly string[], users: number): string[] {
  return [...own, ...Array.from({ length: users }, (_, i) => `${USER}${i + 1}`)];
}

/** Whether actors go there that ask for no shard by name. */
export function isUserShard(name: string): boolean {
  return name.startsWith(USER);
}

/** @throws {RangeError} when the number is out of bounds, or a name is not fit, taken or there twice */
export function checkShards(own: readonly string[], users: number): void {
  if (!Number.isSafeInteger(users) || users < 0 || users > 256) {
    throw new RangeError(`userShards is ${users}: give a whole number from 0 to 256`);
  }
  for (const [at, name] of own.entries()) {
    if (!/^[a-z][a-z0-9-]*$/.test(name) || name === "main" || isUserShard(name)) {
      throw new RangeError(
        `ownShards has "${name}": lower-case letters, digits and "-"; "main" and "user-…" are taken`,
      );
    }
    if (own.indexOf(name) !== at) throw new RangeError(`ownShards has "${name}" twice`);
  }
}

/**
 * A supervised pool of workers that outlives a poisoned job.
 *
 * Run it with `deno run --allow-net --allow-read --allow-env --allow-ffi --allow-sys
 * examples/worker_pool/main.ts`. It gives eight jobs to a pool of three workers, and prints, in the
 * order of the jobs, the largest prime factor of each; the one job that is no number crashes its
 * worker, fails with that error, and is the only one that does:
 *
 * ```text
 * 600851475143 → 6857
 * 9007199254740991 → 20394401
 * twelve → failed: Cannot convert twelve to a BigInt
 * …
 * 7 jobs done, 1 failed, 1 worker restarted
 * ```
 *
 * @module
 */
import { MaculaNode } from "@macula/mesh";
import pool from "./pool.ts";

const JOBS = [
  "600851475143",
  "9007199254740991",
  "twelve",
  "987654321987",
  "1000000007",
  "123456789012",
  "99999999977",
  "1001",
];

let crashes = 0;
await using node = await MaculaNode.start({ onCrash: () => void crashes++ });
const ref = await node.spawn(pool, { args: [3], mailbox: { overflow: "wait" } });

const results = await Promise.allSettled(
  JOBS.map((job) => ref.with({ deadlineMs: 60_000 }).ask.run(job)),
);
results.forEach((result, at) => {
  const got = result.status === "fulfilled" ? result.value : `failed: ${result.reason.message}`;
  console.log(`${JOBS[at]} → ${got}`);
});
const done = results.filter(({ status }) => status === "fulfilled").length;
console.log(`${done} jobs done, ${JOBS.length - done} failed, ${crashes} worker restarted`);

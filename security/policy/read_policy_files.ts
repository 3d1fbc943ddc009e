import { PolicyError, type PolicyProblem } from "./policy_error.ts";
import type { PolicyFile } from "./read_policies.ts";

/**
 * Reads policy files from disk.
 *
 * @param paths of the files
 * @returns their texts, in the order of the paths
 * @throws {PolicyError} with a problem for each file that cannot be read
 */
export async function readPolicyFiles(paths: readonly string[]): Promise<PolicyFile[]> {
  const problems: PolicyProblem[] = [];
  const read = paths.map(async (path): Promise<PolicyFile> => {
    try {
      return { path, text: await Deno.readTextFile(path) };
    } catch (error) {
      const message = `cannot be read: ${(error as Error).message}`;
      problems.push({ severity: "error", place: path, message });
      return { path, text: "" };
    }
  });
  const files = await Promise.all(read);
  if (problems.length > 0) throw new PolicyError(problems);
  return files;
}

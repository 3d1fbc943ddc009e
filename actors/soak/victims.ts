/** An argument that the hosts of actors are started with, and nothing else that this program starts. */
const HOST_FLAG = "--no-code-cache";

/**
 * The processes of this program in which actors live, by their ids; none where there is no `ps`
 * (procps).
 */
export async function actorProcesses(): Promise<number[]> {
  const args = ["-o", "pid=,args=", "--ppid", `${Deno.pid}`];
  try {
    const { stdout } = await new Deno.Command("ps", { args, stderr: "null" }).output();
    return new TextDecoder().decode(stdout).split("\n")
      .filter((line) => line.includes(HOST_FLAG))
      .map((line) => parseInt(line));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Kills a process of this program; false when it has just ended by itself. */
export function killProcess(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGKILL");
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

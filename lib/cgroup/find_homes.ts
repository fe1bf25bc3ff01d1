/** Deeper than any service manager or container runtime nests. */
const DEEPEST = 12;

/**
 * All cgroups of this name below `top` that this user made: a server that is started anew may have
 * been put elsewhere (another session, another systemd scope), while jobs run on where it was. A
 * folder that somebody else made is never taken for ours.
 */
export function findHomes(
  top: string,
  { name, uid }: { name: string; uid: number },
): string[] {
  const homes: string[] = [];
  const search = (cgroup: string, depth: number) => {
    for (const child of childrenOf(cgroup)) {
      const path = `${cgroup}/${child}`;
      if (child === name && ownerOf(path) === uid) homes.push(path);
      else if (depth < DEEPEST) search(path, depth + 1);
    }
  };
  search(top, 1);
  return homes;
}

function childrenOf(cgroup: string): string[] {
  try {
    return Array.from(Deno.readDirSync(cgroup))
      .filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  } catch {
    // Removed while we looked, or not ours to read.
    return [];
  }
}

function ownerOf(path: string): number | null {
  try {
    return Deno.statSync(path).uid;
  } catch {
    // Removed while we looked.
    return null;
  }
}

import { isAbandoned } from "./owned_name.ts";
import { namespaces, removeNamespaces } from "./remove_namespaces.ts";

/** Where networks keep their files. */
export const LAB_FILES = "/tmp";

/** Removes the networks of processes that were killed before they could. */
export async function sweep(): Promise<void> {
  await removeNamespaces((await namespaces()).filter(isAbandoned));
  for await (const { name } of Deno.readDir(LAB_FILES)) {
    if (!isAbandoned(name)) continue;
    await Deno.remove(`${LAB_FILES}/${name}`, { recursive: true });
  }
}

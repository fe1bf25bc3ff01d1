import { deepEqual } from "node:assert/strict";
import { AuditLog } from "../../../lib/audit/mod.ts";
import { shareFolders } from "../../../lib/daemon/keeper/shared_folders.ts";

const NOBODY = { uid: 65_534, gid: 65_534 };

Deno.test({
  name: "shareFolders() hands the audit log to the daemon when root had one",
  ignore: Deno.uid() !== 0,
  async fn() {
    const stateDir = await Deno.makeTempDir({ prefix: "worker-shared-" });
    try {
      const directory = `${stateDir}/audit`;
      for (const name of ["run", "jobs"]) {
        Deno.mkdirSync(`${stateDir}/${name}`, { mode: 0o700 });
      }
      {
        using log = new AuditLog({ directory });
        log.record({ action: "daemon.start", result: "ok" });
      }
      shareFolders(stateDir, NOBODY);
      const [file] = Array.from(Deno.readDirSync(directory));
      for (
        const [path, mode] of [
          [directory, 0o700],
          [`${directory}/${file!.name}`, 0o600],
        ] as const
      ) {
        const { uid, gid, mode: bits } = Deno.lstatSync(path);
        deepEqual([uid, gid, bits! & 0o777], [NOBODY.uid, NOBODY.gid, mode]);
      }
    } finally {
      await Deno.remove(stateDir, { recursive: true });
    }
  },
});

Deno.test({
  name: "shareFolders() hands over what the daemon knows of its cluster",
  ignore: Deno.uid() !== 0,
  async fn() {
    const stateDir = await Deno.makeTempDir({ prefix: "worker-shared-" });
    try {
      for (const name of ["run", "jobs", "cluster"]) {
        Deno.mkdirSync(`${stateDir}/${name}`, { mode: 0o700 });
      }
      const files = [
        "cluster/cluster.db",
        "cluster/directory.json",
        "servers.json",
      ];
      for (const file of files) {
        Deno.writeTextFileSync(`${stateDir}/${file}`, "{}", { mode: 0o600 });
      }
      shareFolders(stateDir, NOBODY);
      for (const name of ["cluster", ...files]) {
        const { uid, gid } = Deno.lstatSync(`${stateDir}/${name}`);
        deepEqual([name, uid, gid], [name, NOBODY.uid, NOBODY.gid]);
      }
    } finally {
      await Deno.remove(stateDir, { recursive: true });
    }
  },
});

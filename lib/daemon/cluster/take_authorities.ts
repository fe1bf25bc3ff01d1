import { replaceAuthorities } from "../../../certs/mod.ts";
import type { CaAnswer } from "../../api/cluster.ts";

/**
 * Trusts the authorities that the cluster told; who watches the files takes them into use.
 *
 * @returns whether they are others than before
 * @throws {CertificateStoreError} `damaged` for what can't be used, `invalid` for a bundle without
 * any that was trusted before; all stays as it was then.
 */
export async function takeAuthorities(
  stateDir: string,
  { ca }: Pick<CaAnswer, "ca">,
): Promise<boolean> {
  return await replaceAuthorities(stateDir, ca);
}

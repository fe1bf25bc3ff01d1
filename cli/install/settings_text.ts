/**
 * The first settings of an installed server: all there are, documented, and one that is set.
 *
 * @param user As whom it talks to the network.
 */
export async function settingsText(user: string): Promise<string> {
  const { exampleFile } = await import("../../lib/config/example_file.ts");
  return `${exampleFile()}
# Set by \`worker install\`: only jobs and their host are root's. Then certificates are managed as that
# user: setpriv --reuid=${user} --regid=${user} --init-groups --reset-env worker certs ...
run-as: ${user}
`;
}

/** The first settings of an installed server. @param user As whom it talks to the network. */
export function settingsText(user: string): string {
  return [
    "# Settings of the server. `worker config init` prints all there are, with their defaults;",
    "# `worker config check` says what is wrong with these; `systemctl reload worker` applies them.",
    "",
    "# The server talks to the network as this user; only jobs and their host are root's.",
    `run-as: ${user}`,
    "",
  ].join("\n");
}

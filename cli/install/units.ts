/** Where the files of a unit are. */
export interface UnitPaths {
  executable: string;
  config: string;
  stateDir: string;
}

/**
 * The unit of the server. A job host is started from the service and its jobs from there, in a scope
 * of their own: what the unit does by cgroup ends at the server, and all else would reach every job.
 */
export function serviceUnit(
  { executable, config, stateDir }: UnitPaths,
): string {
  return `# worker as a service of systemd. \`worker install\` writes this file, and writes it again at the next
# installation: changes of your own belong into a drop-in (systemctl edit worker).

[Unit]
Description=worker, a job server
Documentation=man:worker(1) man:worker-serve(1)
Wants=network-online.target
After=network-online.target
RequiresMountsFor=${stateDir}
# Five failures within a minute are not cured by one more start.
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
# The server says itself when it serves, reloads, stops, and which process is its main one.
Type=notify
NotifyAccess=main
ExecStart=${executable} serve --config ${config}
ExecReload=/bin/kill -HUP $MAINPID
# Where the administrator's profile goes, and where the executable unpacks itself. Jobs do not see it.
Environment=HOME=/root XDG_CACHE_HOME=/var/cache
WorkingDirectory=/

Restart=on-failure
RestartSec=1s
# A wrong command line or configuration is as wrong the next time.
RestartPreventExitStatus=2
# The server is heard of every 15 s, or it hangs. SIGKILL and not SIGABRT: a core would hold private keys.
WatchdogSec=30s
WatchdogSignal=SIGKILL
# A first start makes keys and certificates; a later one may have many jobs to read.
TimeoutStartSec=120s
# shutdown-timeout (10 s) and what comes after it; a server with a longer one asks for more time.
TimeoutStopSec=30s

# Jobs outlive the server: they belong to the job host, in a scope of its own. Where that can't be made
# (no systemd-run) the job host stays in the service's cgroup, which is therefore delegated, and is not
# ended with the server.
KillMode=process
Delegate=yes
# The kernel ending one process here for want of memory is no reason to end the others.
OOMPolicy=continue

# Hardening. What holds by cgroup is the server's alone, because jobs are in another one.
# No devices but /dev/null, /dev/urandom and their like.
DevicePolicy=closed
# Far above what the server takes; a leak of threads or processes ends at the service.
TasksMax=512
# Jobs inherit everything else, mounts, system call filters, capabilities, no_new_privs and limits: they
# are children of children of this process. So these are absent on purpose:
#   ProtectSystem, ProtectHome, PrivateTmp, PrivateDevices, ReadOnlyPaths, ProtectKernel*,
#   ProtectControlGroups, ProtectProc, PrivateNetwork: jobs would live in these mounts and name spaces
#   User, CapabilityBoundingSet: root's job host starts jobs as any user
#   NoNewPrivileges, RestrictSUIDSGID: sudo and package managers in jobs would fail
#   RestrictNamespaces: jobs may ask for name spaces of their own
#   SystemCallFilter, SystemCallArchitectures, RestrictAddressFamilies, RestrictRealtime,
#   LockPersonality: what a job calls is the job's affair
#   MemoryDenyWriteExecute: the runtime compiles at run time, and so may jobs
#   Limit*, UMask, Nice: jobs would start with them; the server raises its own limit of open files
# What parses the network is confined by the setting "run-as" instead: another user, no capability, none
# to be gained. Jobs confine themselves: see --private-tmp, --read-only and others of worker run.

[Install]
WantedBy=multi-user.target
`;
}

/** The unit that lets systemd listen instead of the server. */
export function socketUnit(): string {
  return `# An alternative to the server's own "listen": systemd listens, so that the port is open from early in the
# boot on, below 1024 too, and no connection is refused while the server is away.
# systemctl disable --now worker.service; systemctl enable --now worker.socket

[Unit]
Description=worker, a job server: its socket
Documentation=man:worker-serve(1)

[Socket]
ListenStream=7443
# Both families by one socket.
BindIPv6Only=both
NoDelay=yes
Backlog=511
FileDescriptorName=api

[Install]
WantedBy=sockets.target
`;
}

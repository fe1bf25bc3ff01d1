# The server in a container.
#
#   docker build -t worker .
#   docker run -d --name worker --cgroupns=private -p 7443:7443 -v worker:/var/lib/worker --privileged worker
#   docker exec worker worker run echo hi
#
# Jobs run in the container: install what they need in an image FROM this one.
#
# Limits (--memory, --cpu, --pids, --io of a job) take cgroup v2, and a hierarchy that the container may
# write to: a name space of its own for cgroups (--cgroupns=private, the default of docker on cgroup v2)
# with /sys/fs/cgroup mounted writable. Docker mounts it writable with --privileged only; podman does so
# by `--systemd=always`, or `--security-opt unmask=/sys/fs/cgroup`. Without it the server starts all the
# same, says so in `worker doctor --host`, refuses jobs that ask for limits, and ends the others by
# process group, session and descent. Isolation of jobs (--private-tmp and others) takes CAP_SYS_ADMIN.
#
# The user is root, because jobs run as the user they ask for; WORKER_SERVE_RUN_AS lets the process that
# talks to the network be another user, without any capability. To run all of it as one ordinary user:
# --user 1000, with a state directory of that user's (--user of jobs is refused then).

FROM debian:bookworm-slim AS build
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git make npm \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# As root, so that nothing of the checkout's owner gets in; the executable unpacks itself where it runs.
RUN make build \
  && ./worker install --root /image --prefix /usr --executable worker \
  && rm -r /image/usr/lib/systemd /image/etc/worker

FROM debian:bookworm-slim
# setpriv, prlimit, unshare and mount are in the base image (util-linux), as is all else that the server
# and its jobs need.
COPY --from=build /image/ /
RUN useradd --system --user-group --no-create-home --home-dir=/nonexistent --shell=/usr/sbin/nologin worker \
  # Unpacks itself here once, and not at each start of a container.
  && worker version
ENV HOME=/root \
  WORKER_SERVE_RUN_AS=worker
# Certificates, jobs and their output.
VOLUME /var/lib/worker
EXPOSE 7443
# A shutdown is graceful; jobs end with the container all the same, because the kernel ends whatever is
# in its process name space with the first process: give them time with `docker stop --time`.
STOPSIGNAL SIGTERM
# By the administrator's socket: whatever certificates and addresses the server is given.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
  CMD ["worker", "--addr", "unix:/var/lib/worker/run/admin.sock", "doctor"]
# The first process of the container gets whatever orphans there are. Those of jobs the job host takes
# (it is a subreaper) and reaps; no other process here leaves any, so no init is needed. Words behind
# the image's name are flags of the server.
ENTRYPOINT ["/usr/bin/worker", "serve"]

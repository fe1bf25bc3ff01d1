/**
 * Variables that change what a program loads or runs before it does anything itself: the dynamic
 * linker's, and those of the shells and of perl(1). The list of glibc for set-user-ID programs is
 * among them.
 */
const UNSAFE = new RegExp(
  "^(?:LD_.*|GLIBC_TUNABLES|GCONV_PATH|GETCONF_DIR|LOCPATH|NLSPATH|MALLOC_.*|NIS_PATH" +
    "|RESOLV_HOST_CONF|RES_OPTIONS|HOSTALIASES|LOCALDOMAIN|TZDIR" +
    "|BASH_.*|BASHOPTS|SHELLOPTS|ENV|PS4|PERL.*|LIBMOUNT_.*)$",
);

/**
 * The first variable that would give a job power over the tools that run before it, with more rights
 * than it; null when there is none.
 */
export function unsafeVariable(env: Record<string, string>): string | null {
  return Object.keys(env).find((name) => UNSAFE.test(name)) ?? null;
}

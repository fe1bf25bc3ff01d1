/**
 * The only door to `@peculiar/x509`: it has to be evaluated after the metadata functions, also
 * when a bundler splits the program. Import it lazily; a server that only verifies never needs it.
 *
 * @module
 */
import "./_reflect_metadata.ts";
export * from "@peculiar/x509";

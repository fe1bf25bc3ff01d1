/**
 * What is used of the YAML package, for whoever has a file to load. The package itself cannot be
 * imported lazily: it is CommonJS, and in a bundle `import()` of it would have no names.
 */
export {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLError,
} from "yaml";

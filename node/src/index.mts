/** The public surface as an ES module: the same objects, so that `instanceof` holds across both. */
export * from "./index.js";

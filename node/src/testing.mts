/** The scripted provider as an ES module. */
export * from "./testing.js";

#!/usr/bin/env node
/** The command; everything it does is in the native library, as in the other packages. */
import { native } from "./native.js";

try {
  process.exitCode = native().addon.runCli(["resilient-completion", ...process.argv.slice(2)]);
} catch (error) {
  process.stderr.write(`resilient-completion: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

/**
 * Runs the Node tests against the packed tarballs, installed in an empty project.
 *
 *   node tests/node/run.mjs [--dist DIR] [NAME…]
 *
 * Without `--dist` a debug build is packed first. NAME picks test files by a part of their name.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const { values, positionals } = parseArgs({ allowPositionals: true, options: { dist: { type: "string" } } });
const project = mkdtempSync(join(tmpdir(), "resilient-completion-"));
let code = 1;
try {
  code = test();
} finally {
  rmSync(project, { recursive: true, force: true });
}
process.exitCode = code;

function test() {
  let dist = values.dist && resolve(values.dist);
  if (dist === undefined) {
    dist = join(project, "dist");
    run(process.execPath, [join(root, "node/scripts/pack.mjs"), "--debug", "--out", dist]);
  }
  const tarballs = readdirSync(dist).filter((f) => f.endsWith(".tgz")).map((f) => join(dist, f));
  if (tarballs.length < 2) throw new Error(`no tarballs in ${dist}: node node/scripts/pack.mjs`);
  writeFileSync(join(project, "package.json"), '{ "private": true }\n');
  run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--silent", ...tarballs]);

  const tests = join(project, "tests");
  cpSync(here, join(tests, "node"), { recursive: true });
  const conformance = join(root, "tests/conformance/node");
  if (existsSync(conformance)) cpSync(conformance, join(tests, "conformance"), { recursive: true });
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  for (const tool of ["typescript", "@types/node", "undici-types"]) {
    cpSync(join(root, "node_modules", tool), join(project, "node_modules", tool), { recursive: true });
  }
  const files = readdirSync(tests, { recursive: true })
    .filter((f) => f.endsWith(".test.mjs") && (positionals.length === 0 || positionals.some((p) => f.includes(p))))
    .map((f) => join(tests, f));
  if (files.length === 0) throw new Error("no test has such a name");
  const { NODE_OPTIONS: _, ...env } = process.env;
  env.RESILIENT_COMPLETION_REPOSITORY = root;
  for (const name of ["OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "RESILIENT_COMPLETION_CONFIG"]) delete env[name];
  const done = spawnSync(process.execPath, ["--test", "--test-timeout=60000", "--expose-gc", "--test-reporter", "spec", ...files], {
    cwd: project,
    env,
    stdio: "inherit",
  });
  return done.status ?? 1;
}

function run(command, args) {
  execFileSync(command, args, { cwd: project, stdio: "inherit" });
}

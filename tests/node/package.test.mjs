/** The package: both module systems, types, and a loader that says what is missing. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "../../node_modules");
const require = createRequire(import.meta.url);

test("require() and import give the same names and the same objects", async () => {
  for (const name of ["resilient-completion", "resilient-completion/testing"]) {
    const [cjs, esm] = [require(name), await import(name)];
    assert.deepEqual(Object.keys(esm).filter((k) => !["default", "module.exports", "__esModule"].includes(k)).sort(), Object.keys(cjs).sort());
    assert.ok(Object.keys(cjs).length > 0);
    for (const key of Object.keys(cjs)) assert.equal(esm[key], cjs[key], key);
  }
});

test("the tarballs hold what is needed and nothing of the build machine", () => {
  const names = readdirSync(modules).filter((n) => n.startsWith("resilient-completion"));
  assert.equal(names.length, 2);
  const main = JSON.parse(readFileSync(join(modules, "resilient-completion/package.json"), "utf8"));
  assert.deepEqual(main.dependencies, undefined);
  assert.deepEqual(main.scripts, undefined);
  assert.deepEqual(main.optionalDependencies, { [names.find((n) => n !== "resilient-completion")]: main.version });
  const files = readdirSync(join(modules, "resilient-completion"), { recursive: true });
  assert.ok(files.every((f) => !/\.test\.|\.node$|tsconfig/.test(f)), files.join());
});

test("importing computes nothing and loads no native library", () => {
  const program = 'require("resilient-completion"); process.exit(Object.keys(require.cache).some((f) => f.endsWith(".node")) ? 1 : 0)';
  assert.equal(spawnSync(process.execPath, ["-e", program], { cwd: here }).status, 0);
});

test("without its platform package it says what to install; another version is refused", (t) => {
  const project = mkdtempSync(join(tmpdir(), "rc-lonely-"));
  t.after(() => rmSync(project, { recursive: true, force: true }));
  mkdirSync(join(project, "node_modules"));
  cpSync(join(modules, "resilient-completion"), join(project, "node_modules/resilient-completion"), { recursive: true });
  const platform = readdirSync(modules).find((n) => n.startsWith("resilient-completion-"));
  const program = `
    const { Client, ConfigError } = require("resilient-completion");
    try { new Client({ apiKey: "x" }); } catch (e) { console.log(e instanceof ConfigError, e.message); }`;
  const run = () => execFileSync(process.execPath, ["-e", program], { cwd: project, encoding: "utf8" });
  assert.match(run(), new RegExp(`^true no native library for .*${platform}`));
  cpSync(join(modules, platform), join(project, "node_modules", platform), { recursive: true });
  assert.equal(run(), "");
  const file = join(project, "node_modules/resilient-completion/package.json");
  writeFileSync(file, readFileSync(file, "utf8").replace(/"version": "[^"]+"/, '"version": "9.9.9"'));
  assert.match(run(), /^true no native library .* 9\.9\.9/);
});

/** What each way of compiling must accept. Libraries are checked too. */
const CONSUMERS = {
  "ES module, Node resolution": ["esm.mts", { module: "nodenext" }],
  "CommonJS, Node resolution": ["cjs.cts", { module: "nodenext" }],
  "ES module for a bundler": ["esm.mts", { module: "esnext", moduleResolution: "bundler" }],
};
for (const [name, [file, options]] of Object.entries(CONSUMERS)) {
  test(`types: ${name}`, (t) => {
    const folder = mkdtempSync(join(here, "types-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    cpSync(join(here, "types", file), join(folder, file));
    const compilerOptions = { target: "es2022", strict: true, isolatedModules: true, noEmit: true, skipLibCheck: false, types: ["node"], ...options };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: [file] }));
    const run = spawnSync(process.execPath, [join(modules, "typescript/bin/tsc"), "-p", folder], { encoding: "utf8" });
    assert.equal(run.stdout + run.stderr, "");
    assert.equal(run.status, 0);
  });
}

test("the command runs from the package, with its exit codes", () => {
  const command = (...args) => spawnSync(join(modules, ".bin/resilient-completion"), args, { encoding: "utf8", timeout: 30_000 });
  const version = JSON.parse(readFileSync(join(modules, "resilient-completion/package.json"), "utf8")).version;
  const told = command("--version");
  assert.deepEqual([told.status, told.stderr], [0, ""]);
  assert.match(told.stdout, new RegExp(`^resilient-completion ${version.replaceAll(".", "\\.")}\n$`));
  assert.equal(command("no-such-command").status, 2);
  const demo = command("demo", "--json");
  assert.equal(demo.status, 0, demo.stderr);
  JSON.parse(demo.stdout);
});

/**
 * Packs the main package and platform packages into dist/.
 *
 *   node node/scripts/pack.mjs [--debug] [--zig] [--all] [--out DIR] [TARGET…]
 *
 * TARGET is a key of node/npm/targets.json; without one it is this machine's. `--debug` packs a debug build. `--zig`
 * links against an old C library (Linux; needs cargo-zigbuild). `--all` lists every platform as an optional
 * dependency, as a release does; otherwise only those packed now, so that an offline install looks for no others.
 *
 * The addon is built by cargo alone: it is one cdylib renamed to `.node`, its interface is 60 lines in native.ts, so
 * a build tool would only add dependencies.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const targets = readJson("node/npm/targets.json");
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    debug: { type: "boolean" },
    zig: { type: "boolean" },
    all: { type: "boolean" },
    out: { type: "string", default: join(root, "dist") },
  },
});
const wanted = positionals.length > 0 ? positionals : [host()];
const out = resolve(flags.out);
const stage = join(targetDir(), "npm");

for (const target of wanted) {
  if (!(target in targets)) fail(`unknown target ${target}; known: ${Object.keys(targets).join(", ")}`);
}
mkdirSync(out, { recursive: true });
rmSync(stage, { recursive: true, force: true });
packMain();
for (const target of wanted) packPlatform(target);

function packMain() {
  rmSync(join(root, "node/dist"), { recursive: true, force: true });
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", root]);
  const { scripts: _, devDependencies: __, ...manifest } = readJson("package.json");
  const listed = flags.all ? Object.keys(targets) : wanted;
  manifest.optionalDependencies = Object.fromEntries(listed.map((t) => [`${manifest.name}-${t}`, manifest.version]));
  const folder = join(stage, "main");
  cpSync(join(root, "node/dist"), join(folder, "node/dist"), { recursive: true });
  pack(folder, manifest);
}

function packPlatform(target) {
  const { name, version, description, license, repository, engines } = readJson("package.json");
  const { os, cpu, libc } = targets[target];
  const folder = join(stage, target);
  const file = "resilient-completion.node";
  mkdirSync(folder, { recursive: true });
  copyFileSync(build(target), join(folder, file));
  pack(folder, {
    name: `${name}-${target}`,
    version,
    description: `${description} (native library for ${target})`,
    license,
    repository,
    engines,
    main: file,
    files: [file],
    os: [os],
    cpu: [cpu],
    ...(libc === undefined ? {} : { libc: [libc] }),
  });
}

/** Builds the addon and returns its path. */
function build(target) {
  const { rust, os, libc } = targets[target];
  const cross = target !== host() || flags.zig;
  const triple = flags.zig && libc === "glibc" ? `${rust}.2.17` : rust;
  const args = [flags.zig ? "zigbuild" : "build", "--locked", "-p", "resilient-completion-node"];
  if (!flags.debug) args.push("--release");
  if (cross) args.push("--target", triple);
  // Paths of this machine are not anybody else's business.
  const home = process.env.CARGO_HOME ?? join(process.env.HOME ?? "", ".cargo");
  const flagsOfRust = `${process.env.RUSTFLAGS ?? ""} --remap-path-prefix=${home}=/cargo --remap-path-prefix=${root}=/src`;
  run("cargo", args, flags.debug ? {} : { RUSTFLAGS: flagsOfRust.trim() });
  const library = "resilient_completion_node";
  const file = os === "win32" ? `${library}.dll` : os === "darwin" ? `lib${library}.dylib` : `lib${library}.so`;
  return join(targetDir(), cross ? rust : "", flags.debug ? "debug" : "release", file);
}

function pack(folder, manifest) {
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const file of ["LICENSE", "README.md"]) {
    if (existsSync(join(root, file))) copyFileSync(join(root, file), join(folder, file));
  }
  run("npm", ["pack", "--silent", "--pack-destination", out, folder]);
}

function host() {
  const musl = process.platform === "linux" && process.report.getReport().header.glibcVersionRuntime === undefined;
  const libc = { linux: musl ? "-musl" : "-gnu", win32: "-msvc" }[process.platform] ?? "";
  return `${process.platform}-${process.arch}${libc}`;
}

function targetDir() {
  return resolve(process.env.CARGO_TARGET_DIR ?? join(root, "target"));
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

function run(command, args, env = {}) {
  execFileSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } });
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

/**
 * One client process of the benchmarks, in Node: makes calls of one scenario and prints what they cost.
 *
 *   node client.mjs WHO SCENARIO URL N AT_ONCE WARM
 *
 * WHO is `ours`, `undici`, `fetch` or `openai`. The peers do what a program written for this one exchange does: no
 * fallbacks, no tolerance, no record. Prints one JSON line; warm-up calls are not counted, and a call without text is an
 * error. Started by run.py with its working directory where the packages are installed.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const require = createRequire(join(process.cwd(), "bench.cjs"));
const HEADERS = { authorization: "Bearer sk-bench", "content-type": "application/json" };
const [who, name, url, ...numbers] = process.argv.slice(2);
const [n, atOnce, warm] = numbers.map(Number);
const streams = ["stream", "paced", "first"].includes(name);
const image = `data:image/png;base64,${"iVBORw0KGgoA".repeat(2_000_000 / 12)}`;
let model = name === "fallover" || name === "hang" ? "bench/plain" : `bench/${name}`;

function messages() {
  if (name !== "image") return [{ role: "user", content: "Explain recursion" }];
  return [{ role: "user", content: [{ type: "text", text: "What is this?" }, { type: "image_url", image_url: { url: image } }] }];
}

function body(of = model) {
  const plain = { model: of, messages: messages(), max_tokens: 500 };
  return streams ? { ...plain, stream: true } : plain;
}

function chain() {
  return [
    { model: name === "fallover" ? "bench/limited" : model, timeout: 30, label: "primary" },
    { model: "bench/plain", timeout: 15, label: "spare" },
  ];
}

/** Collects the text of a stream and the time to its first piece. */
class Stopwatch {
  #start = performance.now();
  #first;
  #text = "";
  #rest = "";

  piece(text) {
    if (!text) return;
    this.#first ??= performance.now() - this.#start;
    this.#text += text;
  }

  /** Server-sent events by hand: enough for a provider that writes `data: ...` and line feeds. */
  chunk(text) {
    const events = (this.#rest + text).split("\n\n");
    this.#rest = events.pop();
    for (const event of events) {
      if (event.startsWith("data: ") && event !== "data: [DONE]") this.piece(JSON.parse(event.slice(6)).choices[0]?.delta.content);
    }
  }

  done() {
    if (this.#first === undefined || this.#text === "") throw new Error("no text");
    return this.#first;
  }
}

function textOf(answer) {
  if (!answer.choices[0].message.content) throw new Error("no text");
}

function refused(status, answer) {
  if (status !== 429 || !answer.error) throw new Error(`the refusal is missing: ${status}`);
}

const callers = {
  ours() {
    const { Client } = require("resilient-completion");
    const client = new Client({ apiKey: "sk-bench", baseURL: url, guards: "own" });
    return async () => {
      const request = { messages: messages(), chain: chain(), max_tokens: 500 };
      if (streams) {
        const watch = new Stopwatch();
        for await (const piece of client.stream(request)) watch.piece(piece.text);
        return watch.done();
      }
      if (!(await client.complete(request)).text) throw new Error("no text");
    };
  },

  undici() {
    const { request } = require("undici");
    const post = (what) =>
      request(`${url}/chat/completions`, { method: "POST", headers: HEADERS, body: JSON.stringify(what) });
    return async () => {
      if (name === "fallover") {
        const { statusCode, body: answer } = await post(body("bench/limited"));
        refused(statusCode, await answer.json());
      }
      if (streams) {
        const watch = new Stopwatch();
        const { body: answer } = await post(body());
        answer.setEncoding("utf8");
        for await (const chunk of answer) watch.chunk(chunk);
        return watch.done();
      }
      textOf(await (await post(body())).body.json());
    };
  },

  fetch() {
    const post = (what) => fetch(`${url}/chat/completions`, { method: "POST", headers: HEADERS, body: JSON.stringify(what) });
    return async () => {
      if (name === "fallover") {
        const answer = await post(body("bench/limited"));
        refused(answer.status, await answer.json());
      }
      if (streams) {
        const watch = new Stopwatch();
        const decoder = new TextDecoder();
        for await (const chunk of (await post(body())).body) watch.chunk(decoder.decode(chunk, { stream: true }));
        return watch.done();
      }
      textOf(await (await post(body())).json());
    };
  },

  openai() {
    const { OpenAI } = require("openai");
    const client = new OpenAI({ apiKey: "sk-bench", baseURL: url, maxRetries: 0 });
    return async () => {
      if (name === "fallover") {
        await client.chat.completions.create(body("bench/limited")).then(
          () => refused(200, {}),
          (error) => refused(error.status, { error }),
        );
      }
      if (streams) {
        const watch = new Stopwatch();
        for await (const chunk of await client.chat.completions.create(body())) watch.piece(chunk.choices[0]?.delta.content);
        return watch.done();
      }
      textOf(await client.chat.completions.create(body()));
    };
  },
};

/** Makes `count` calls; times to first text of those that stream. */
async function many(one, count) {
  const firsts = [];
  const work = async (share) => {
    for (let i = 0; i < share; i++) firsts.push(await one());
  };
  await Promise.all(Array.from({ length: atOnce }, (_, i) => work(Math.floor(count / atOnce) + (i < count % atOnce ? 1 : 0))));
  return firsts.filter((first) => first !== undefined).sort((a, b) => a - b);
}

/** User and system time of all threads, in microseconds. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

const rssKb = () => Math.round(process.memoryUsage.rss() / 1024);

async function measure(one) {
  await many(one, warm);
  const [before, start] = [cpu(), performance.now()];
  const firsts = await many(one, n);
  const [used, wall] = [cpu() - before, performance.now() - start];
  const first = firsts.length > 0 ? firsts[Math.floor(firsts.length / 2)] * 1000 : null;
  return { cpu_us: used / n, wall_us: (wall * 1000) / n, first_us: first, rss_kb: rssKb(), calls: n + warm };
}

/** What `n` requests hold that are never answered, over the idle client. */
async function hang(one) {
  for (let i = 0; i < 20; i++) await one();
  model = "bench/hang";
  const [idle, before] = [rssKb(), cpu()];
  let ended = false;
  const end = () => {
    ended = true;
  };
  for (let i = 0; i < n; i++) one().then(end, end);
  await sleep(2500);
  if (ended) throw new Error("a request that should hang has ended");
  return { cpu_us: (cpu() - before) / n, rss_kb: rssKb() - idle, calls: n + 20 };
}

const one = callers[who]();
const line = name === "hang" ? await hang(one) : await measure(one);
process.stdout.write(`${JSON.stringify(line)}\n`, () => process.exit(0));

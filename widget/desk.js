// The desk's HTTP API, and nothing of the page.

const ANSWER_WITHIN = 15000;
// The desk sends a heartbeat every 15 s: silence for longer means a dead line that TCP has not noticed.
const STREAM_SILENCE = 40000;

/** The desk understood and said no: asking again would not help. */
export class Refusal extends Error {
  constructor(status, code) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
  }
}

/** No usable answer came: worth another try. */
export class Unreachable extends Error {}

export class Desk {
  constructor(base) {
    this.base = base;
    this.token = null;
  }

  async openVisitor(language) {
    const { token } = await this.ask("POST", "visitors", { language });
    return token;
  }

  send(message) {
    return this.ask("POST", "messages", message);
  }

  messagesAfter(seq) {
    return this.ask("GET", `messages?after=${seq}`);
  }

  setLanguage(language) {
    return this.ask("POST", "language", { language });
  }

  /** Calls `onEvent` for each event until the stream ends; says whether anything at all came through. */
  async stream({ after, signal, onOpen, onEvent }) {
    const watch = new Watch(ANSWER_WITHIN, signal);
    let alive = false;
    try {
      const response = await this.fetch("GET", "stream", { headers: { "Last-Event-ID": String(after) }, signal: watch.signal });
      const reader = response.body.getReader();
      const parse = eventParser(onEvent);
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return alive;
        watch.restart(STREAM_SILENCE);
        if (!alive) onOpen();
        alive = true;
        parse(value);
      }
    } catch (error) {
      if (error instanceof Refusal) throw error;
      return alive;
    } finally {
      watch.stop();
    }
  }

  async ask(method, path, body) {
    const watch = new Watch(ANSWER_WITHIN);
    try {
      const options = { signal: watch.signal };
      if (body) {
        options.body = JSON.stringify(body);
        options.headers = { "Content-Type": "application/json" };
      }
      const response = await this.fetch(method, path, options);
      return await response.json();
    } catch (error) {
      throw error instanceof Refusal ? error : new Unreachable(String(error));
    } finally {
      watch.stop();
    }
  }

  async fetch(method, path, { headers = {}, ...options }) {
    const authorization = this.token ? { Authorization: `Bearer ${this.token}` } : {};
    const response = await fetch(new URL(`api/chat/${path}`, this.base), {
      ...options,
      method,
      headers: { ...headers, ...authorization },
      cache: "no-store",
      credentials: "omit", // the token is all it needs; no cookie travels
    });
    if (response.ok) return response;
    if (response.status >= 500 || response.status === 429 || response.status === 408) {
      throw new Unreachable(String(response.status));
    }
    throw new Refusal(response.status, await codeOf(response));
  }
}

async function codeOf(response) {
  try {
    return String((await response.json()).code);
  } catch (error) {
    return "other"; // not the desk: something in front of it
  }
}

/** Aborts its signal after a time, unless restarted; follows an outer signal. */
class Watch {
  constructor(milliseconds, outer) {
    this.controller = new AbortController();
    this.signal = this.controller.signal;
    this.outer = outer;
    this.abort = () => this.controller.abort();
    if (outer) outer.addEventListener("abort", this.abort);
    if (outer && outer.aborted) this.abort();
    this.restart(milliseconds);
  }

  restart(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.abort, milliseconds);
  }

  stop() {
    clearTimeout(this.timer);
    if (this.outer) this.outer.removeEventListener("abort", this.abort);
  }
}

/** Reads Server-Sent Events from chunks of bytes, wherever they are cut. */
export function eventParser(onEvent) {
  const decoder = new TextDecoder();
  let rest = "";
  let name = "";
  let data = [];

  const take = (line) => {
    if (line === "") {
      if (data.length) onEvent(name || "message", JSON.parse(data.join("\n")));
      name = "";
      data = [];
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") name = value;
    if (field === "data") data.push(value);
  };

  return (bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop();
    for (const line of lines) take(line.replace(/\r$/, ""));
  };
}

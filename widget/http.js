// Asking the desk over HTTP: what came back, whether asking again may help, and when.

const ANSWER_WITHIN = 15000;

/** The desk understood and said no: asking again would not help. */
export class Refusal extends Error {
  constructor(status, code) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
  }
}

/** No usable answer came: worth another try, after `wait` seconds where the desk named some. */
export class Unreachable extends Error {
  constructor(reason, { status = 0, wait = 0 } = {}) {
    super(reason);
    this.status = status;
    this.wait = wait;
  }
}

/** The token is not, or no longer, good. */
export const isUnauthorised = (error) => error instanceof Refusal && error.status === 401;

export class Http {
  constructor(base) {
    this.base = base;
  }

  async json(method, path, { token, body } = {}) {
    const watch = new Watch(ANSWER_WITHIN);
    try {
      const options = { signal: watch.signal };
      if (body) {
        options.body = JSON.stringify(body);
        options.headers = { "Content-Type": "application/json" };
      }
      const response = await this.fetch(method, path, token, options);
      return await response.json();
    } catch (error) {
      throw error instanceof Refusal || error instanceof Unreachable ? error : new Unreachable(String(error));
    } finally {
      watch.stop();
    }
  }

  async fetch(method, path, token, { headers = {}, ...options }) {
    const authorization = token ? { Authorization: `Bearer ${token}` } : {};
    const response = await fetch(new URL(`api/chat/${path}`, this.base), {
      ...options,
      method,
      headers: { ...headers, ...authorization },
      cache: "no-store",
      credentials: "omit", // the token is all it needs; no cookie travels
      referrerPolicy: "no-referrer",
    });
    if (response.ok) return response;
    const { status } = response;
    if (status >= 500 || status === 429 || status === 408) {
      throw new Unreachable(String(status), { status, wait: Number(response.headers.get("Retry-After")) || 0 });
    }
    throw new Refusal(status, await codeOf(response));
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
export class Watch {
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

// The desk's API for one visitor: what can be asked, and the tokens that renew themselves meanwhile.

import { eventParser } from "./events.js";
import { Unreachable, Watch, isUnauthorised } from "./http.js";
import { alone } from "./tabs.js";

const OPENED_WITHIN = 15000;
// The desk sends a heartbeat every 15 s: silence for longer means a dead line that TCP has not noticed.
const STREAM_SILENCE = 40000;
const RENEW_EARLY = 60000;

export class Desk {
  /** @param memory where the tokens are kept; the other tabs of this browser keep theirs in the same place */
  constructor(http, memory) {
    this.http = http;
    this.memory = memory;
    this.heardAt = 0;
  }

  get isKnown() {
    return Boolean(this.memory.read().renewal);
  }

  /** Nobody is known to the desk before they write; then one conversation for all tabs. */
  open(language) {
    return alone(`${this.memory.key} visitor`, async () => {
      if (this.isKnown) return;
      const answer = await this.http.json("POST", "visitors", { body: { language } });
      this.memory.merge({ conversation: answer.conversation, seen: 0, ...tokensIn(answer) });
    });
  }

  forget() {
    this.memory.merge({ conversation: undefined, seen: 0, token: undefined, renewal: undefined, until: undefined });
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

  rate(message, feedback) {
    return this.ask("POST", "feedback", { message, feedback });
  }

  leavePhone(phone) {
    return this.ask("POST", "contact", { phone });
  }

  erase() {
    return this.ask("DELETE", "data");
  }

  /** Calls `onEvent` for each event until the stream ends; says whether anything at all came through. */
  async stream({ after, signal, onOpen, onEvent }) {
    const watch = new Watch(OPENED_WITHIN, signal);
    let alive = false;
    try {
      const options = { headers: { "Last-Event-ID": String(after) }, signal: watch.signal };
      const response = await this.authorised((token) => this.http.fetch("GET", "stream", token, options));
      const reader = response.body.getReader();
      const parse = eventParser(onEvent);
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return alive;
        this.heardAt = Date.now();
        watch.restart(STREAM_SILENCE);
        if (!alive) onOpen();
        alive = true;
        parse(value);
      }
    } catch (error) {
      if (isUnauthorised(error) || (error instanceof Unreachable && error.wait)) throw error;
      return alive;
    } finally {
      watch.stop();
    }
  }

  ask(method, path, body) {
    return this.authorised((token) => this.http.json(method, path, { token, body }));
  }

  // --- tokens --------------------------------------------------------------------------------------

  async authorised(attempt) {
    const { token, until } = this.memory.read();
    const good = until - RENEW_EARLY > Date.now() ? token : await this.tokenAfter(token);
    try {
      return await attempt(good);
    } catch (error) {
      if (!isUnauthorised(error)) throw error;
      return attempt(await this.tokenAfter(good));
    }
  }

  /** The token that replaces `spent`: another tab may have fetched it already. */
  tokenAfter(spent) {
    const { token, until, renewal } = this.memory.read();
    if (token && token !== spent && until > Date.now()) return token;
    this.renewing = this.renewing || this.renew(renewal).finally(() => (this.renewing = null));
    return this.renewing;
  }

  async renew(renewal) {
    try {
      const answer = await this.http.json("POST", "token", { body: { renewal } });
      if (this.memory.read().renewal === renewal) this.memory.merge(tokensIn(answer)); // else erased or replaced meanwhile
      return answer.token;
    } catch (error) {
      const kept = this.memory.read();
      if (isUnauthorised(error) && kept.renewal && kept.renewal !== renewal) return kept.token;
      throw error;
    }
  }
}

function tokensIn({ token, renewal, expires_in: seconds }) {
  return { token, renewal, until: Date.now() + seconds * 1000 };
}

// What has been said, each message once and in order, and what is still on its way to the desk.

import { Refusal } from "./desk.js";

const PAUSES = [1000, 2000, 4000]; // between tries of one message

export class Conversation {
  constructor() {
    this.clear();
  }

  /** Forget what the desk has stored; what has not been sent stays. */
  restart() {
    const unsent = this.items.filter((item) => item.state !== "sent");
    this.clear();
    for (const item of unsent) this.take(item);
  }

  clear() {
    this.items = [];
    this.byKey = new Map();
    // Only what arrived through history or the stream moves this on: our own message's answer may overtake
    // messages that were stored before it.
    this.lastSeq = 0;
  }

  /** Take in a stored message, once. */
  receive(message) {
    this.lastSeq = Math.max(this.lastSeq, message.seq);
    if (this.byKey.has(message.id)) return;
    const own = message.client_id && this.byKey.get(message.client_id);
    const item = own || {};
    Object.assign(item, {
      id: message.id,
      seq: message.seq,
      author: message.author,
      text: message.text,
      language: message.language,
      buttons: message.buttons || [],
      at: new Date(message.at),
      state: "sent",
    });
    this.byKey.set(message.id, item);
    if (!own) this.items.push(item);
    this.sort();
  }

  /** Add what the visitor has just written, before the desk knows it. */
  write({ clientId, text, choice = "", at = new Date() }) {
    const item = { clientId, text, choice, at, author: "patient", buttons: [], seq: Infinity, state: "sending" };
    this.take(item);
    return item;
  }

  /** Add an item that is not stored yet, behind all that is. */
  take(item) {
    this.byKey.set(item.clientId, item);
    this.items.push(item);
  }

  /** The desk has stored an item of ours. */
  stored(item, { id, seq }) {
    item.state = "sent";
    if (this.byKey.has(id)) return; // the stream was faster
    Object.assign(item, { id, seq });
    this.byKey.set(id, item);
    this.sort();
  }

  sort() {
    this.items.sort((a, b) => (a.seq === b.seq ? 0 : a.seq - b.seq));
  }

  /** The buttons that may be pressed now: of the last message, as long as it is the clinic's. */
  openChoices() {
    const last = this.items[this.items.length - 1];
    return last && last.author !== "patient" ? last.buttons : [];
  }
}

/** Sends one message at a time, in order, and keeps what is unsent over a reload of the page. */
export class Outbox {
  constructor({ send, onStored, onChange, store }) {
    this.send = send;
    this.onStored = onStored;
    this.onChange = onChange;
    this.store = store;
    this.queue = [];
    this.busy = false;
  }

  /** What a reload interrupted; the client ids make sending it again harmless. */
  unsent() {
    return this.store.read() || [];
  }

  add(item) {
    this.queue.push(item);
    this.keep();
    this.flush();
  }

  async flush() {
    if (this.busy) return;
    this.busy = true;
    // An answer may have been lost on its way back while the stream showed that the message is stored.
    this.queue = this.queue.filter((item) => !item.id);
    for (const item of this.queue) this.mark(item, "sending");
    try {
      while (this.queue.length) await this.sendFirst();
    } catch (error) {
      // What failed stays in the queue: it goes out, in order, before the next message.
      for (const item of this.queue) this.mark(item, "failed");
    } finally {
      this.busy = false;
    }
  }

  async sendFirst() {
    const item = this.queue[0];
    try {
      const answer = await this.tryHard(item);
      this.onStored(item, answer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      item.problem = error.code;
      this.mark(item, "refused");
    }
    this.queue = this.queue.filter((other) => other !== item);
    this.keep();
  }

  async tryHard(item) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.send(item);
      } catch (error) {
        if (error instanceof Refusal || attempt === PAUSES.length) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSES[attempt]));
      }
    }
  }

  mark(item, state) {
    if (item.id || item.state === state) return;
    item.state = state;
    this.onChange(item);
  }

  keep() {
    this.store.write(this.queue.map(({ clientId, text, choice, at }) => ({ clientId, text, choice, at })));
  }
}

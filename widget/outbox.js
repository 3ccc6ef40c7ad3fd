// What the visitor wrote and the desk does not have yet: sent one at a time, in order, and kept over reloads.

import { Refusal } from "./http.js";
import { alone } from "./tabs.js";

const PAUSES = [1000, 2000, 4000]; // between tries of one message

export class Outbox {
  /**
   * All tabs keep their unsent messages in one place and send by turns; whichever is open brings them out.
   * @param on send(item) → answer; stored(item, answer); change(item); refused(item); slow(seconds)
   */
  constructor(store, on) {
    this.store = store;
    this.on = on;
    this.queue = [];
    this.busy = false;
  }

  /** What is unsent and not in this tab's queue yet: of another tab, or from before a reload. */
  unknown() {
    const known = new Set(this.queue.map((item) => item.clientId));
    const kept = Object.entries(this.store.read()).filter(([clientId, item]) => item && !known.has(clientId));
    return kept.map(([clientId, item]) => ({ ...item, clientId, at: new Date(item.at) })).sort((a, b) => a.at - b.at);
  }

  add(item) {
    const { clientId, text, choice, at } = item;
    this.store.merge({ [clientId]: { text, choice, at } });
    this.take([item]);
  }

  take(items) {
    this.queue.push(...items);
    this.flush();
  }

  clear() {
    this.queue = [];
    this.store.clear();
  }

  async flush() {
    if (this.busy || !this.queue.length) return;
    this.busy = true;
    for (const item of this.queue) this.mark(item, "sending");
    const allSent = await this.sendAll();
    this.busy = false;
    if (allSent) this.flush(); // what was written in the last moment
  }

  async sendAll() {
    try {
      await alone(`${this.store.key} sending`, async () => {
        while (this.queue.length) await this.sendFirst();
      });
      return true;
    } catch (error) {
      // What failed stays in the queue: it goes out, in order, before the next message.
      for (const item of this.queue) this.mark(item, "failed");
      return false;
    }
  }

  async sendFirst() {
    const item = this.queue[0];
    // Not in the common store any more: another tab has sent it; the stream brings it here.
    if (!item.id && this.store.read()[item.clientId]) {
      try {
        this.on.stored(item, await this.tryHard(item));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        item.problem = error.code;
        this.mark(item, "refused");
        this.on.refused(item);
      }
      this.store.merge({ [item.clientId]: undefined });
    } else {
      this.mark(item, "sent");
    }
    this.queue = this.queue.filter((other) => other !== item);
  }

  async tryHard(item) {
    for (let attempt = 0; ; ) {
      try {
        return await this.on.send(item);
      } catch (error) {
        if (error instanceof Refusal || attempt === PAUSES.length) throw error;
        const isSlowedDown = error.status === 429;
        if (isSlowedDown) this.on.slow(error.wait);
        await new Promise((resolve) => setTimeout(resolve, Math.max(error.wait * 1000 || 0, PAUSES[attempt])));
        if (!isSlowedDown) attempt += 1; // being asked to wait is no failure
      }
    }
  }

  mark(item, state) {
    if (item.id || item.state === state || item.state === "refused") return;
    item.state = state;
    this.on.change(item);
  }
}

// The tabs of one browser: what one tells the others, and what only one of them does at a time.

/** Run `work` in one tab at a time; where the browser knows no locks (plain http), at once. */
export function alone(name, work, signal) {
  return navigator.locks ? navigator.locks.request(name, signal ? { signal } : {}, work) : work();
}

export class Tabs {
  /** @param on what to do with each kind of word from another tab: {kind: (detail) => ...} */
  constructor(name, on) {
    this.name = name;
    this.on = on;
    this.channel = null;
  }

  join() {
    if (this.channel || typeof BroadcastChannel === "undefined") return;
    this.channel = new BroadcastChannel(this.name);
    this.channel.onmessage = ({ data: { kind, detail } }) => this.on[kind] && this.on[kind](detail);
  }

  leave() {
    if (this.channel) this.channel.close();
    this.channel = null;
  }

  tell(kind, detail) {
    if (this.channel) this.channel.postMessage({ kind, detail });
  }
}

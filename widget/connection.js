// Keeps one conversation up to date for as long as it runs: history first, then the stream, again and again.

import { isUnauthorised } from "./http.js";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 20000;
const HEARD_WITHIN = 20000; // a little longer than between two heartbeats

export class Connection {
  /**
   * @param desk where to listen
   * @param on lastSeq() → the last message that has arrived; messages(list, isHistory); typing(on);
   *   conversation(state); state(isUp); refused(); erased()
   */
  constructor(desk, on) {
    this.desk = desk;
    this.on = on;
    this.running = null;
  }

  start() {
    if (this.running) return;
    this.running = new AbortController();
    this.run(this.running.signal);
  }

  stop() {
    if (this.running) this.running.abort();
    this.running = null;
  }

  /** Something says that the line may be back: do not wait out a pause, and do not trust a silent stream. */
  hurry() {
    if (!this.running) return;
    if (this.isUp && Date.now() - this.desk.heardAt > HEARD_WITHIN) {
      this.stop();
      this.start();
    } else if (this.wake) {
      this.wake();
    }
  }

  async run(signal) {
    let pause = FIRST_PAUSE;
    let streams = false;
    while (!signal.aborted) {
      let wait = 0;
      try {
        // Also when a stream opened but brought nothing: behind a proxy that holds streams back this still
        // delivers, if slowly.
        if (!streams) await this.catchUp(signal);
        streams = await this.listen(signal, () => {
          pause = FIRST_PAUSE;
        });
      } catch (error) {
        if (signal.aborted) return;
        if (isUnauthorised(error)) {
          this.running = null;
          this.on.refused();
          return;
        }
        wait = error.wait * 1000 || 0;
      }
      if (signal.aborted) return;
      this.tell(false);
      // Spread out, so that a restarted desk does not meet all its visitors in the same second.
      await this.sleep(Math.max(wait, pause * (0.5 + Math.random())), signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  async catchUp(signal) {
    for (let more = true; more; ) {
      const page = await this.desk.messagesAfter(this.on.lastSeq());
      if (signal.aborted) return;
      more = page.more;
      this.on.messages(page.messages, true);
      this.on.typing(page.typing);
      this.on.conversation(page.conversation);
    }
    this.tell(true);
  }

  listen(signal, onOpen) {
    return this.desk.stream({
      after: this.on.lastSeq(),
      signal,
      onOpen: () => {
        onOpen();
        this.tell(true);
        this.on.typing(false); // the stream says so again if it still holds
      },
      onEvent: (name, data) => {
        if (signal.aborted) return;
        if (name === "message") this.on.messages([data], false);
        if (name === "typing") this.on.typing(data.on);
        if (name === "conversation") this.on.conversation(data);
        if (name === "erased") this.on.erased();
      },
    });
  }

  tell(isUp) {
    this.isUp = isUp;
    this.on.state(isUp);
  }

  sleep(milliseconds, signal) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener("abort", this.wake, { once: true });
    });
  }
}

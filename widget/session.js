// One visitor's conversation in one tab: sends, receives, remembers, and keeps in step with the other tabs.

import { Connection } from "./connection.js";
import { Conversation } from "./conversation.js";
import { Desk } from "./desk.js";
import { Http, isUnauthorised } from "./http.js";
import { Outbox } from "./outbox.js";
import { keep, randomId } from "./storage.js";
import { Tabs, alone } from "./tabs.js";

// Browsers allow six connections to a server: of the tabs that nobody looks at, one keeps its own.
const HIDDEN_PAUSE = 60000;

export class Session {
  /**
   * @param base where the desk is
   * @param on language() → "ar" | "en"; draw(options); typing(on); online(isUp); conversation(state);
   *   notice(name, detail); choice(language) when another tab changed the language
   */
  constructor(base, on) {
    this.on = on;
    this.conversation = new Conversation();
    this.state = null;
    this.memory = keep(`derma-chat ${base.href}`);
    this.desk = new Desk(new Http(base), this.memory);
    this.joined = this.memory.read().conversation;
    this.connection = new Connection(this.desk, {
      lastSeq: () => this.conversation.lastSeq,
      messages: (messages, isHistory) => this.receive(messages, isHistory),
      typing: (isTyping) => on.typing(isTyping),
      conversation: (state) => this.take(state),
      state: (isUp) => this.onState(isUp),
      refused: () => this.renew(),
      erased: () => this.forget(),
    });
    this.outbox = new Outbox(keep(`derma-chat unsent ${base.href}`), {
      send: (item) => this.deliver(item),
      stored: (item, answer) => {
        this.conversation.stored(item, answer);
        on.draw();
      },
      change: () => on.draw(),
      refused: ({ clientId, problem }) => this.tabs.tell("refused", { clientId, problem }),
      slow: (seconds) => on.notice("slow", seconds),
    });
    this.tabs = new Tabs(this.memory.key, {
      rated: ({ id, feedback }) => this.setFeedback(id, feedback),
      refused: ({ clientId, problem }) => this.onRefused(clientId, problem),
      erased: () => this.forget(),
    });
    this.listeners = [
      [document, "visibilitychange", () => this.onVisibility()],
      [window, "online", () => this.onLine()],
      [window, "offline", () => on.online(false)],
      [window, "pageshow", () => this.onLine()],
      [window, "storage", (event) => this.onStorage(event)],
    ];
  }

  start() {
    for (const [target, name, listener] of this.listeners) target.addEventListener(name, listener);
    this.tabs.join();
    if (this.desk.isKnown) this.connection.start();
    this.takeUpUnsent();
  }

  stop() {
    for (const [target, name, listener] of this.listeners) target.removeEventListener(name, listener);
    clearTimeout(this.hiddenTimer);
    if (this.watching) this.watching.abort();
    this.tabs.leave();
    this.connection.stop();
  }

  // --- sending -------------------------------------------------------------------------------------

  send({ text, choice = "" }) {
    const item = this.conversation.write({ clientId: randomId(), text, choice });
    this.on.draw();
    this.outbox.add(item);
  }

  /** One try to bring an item to the desk, with a visitor made first where there is none. */
  async deliver(item) {
    if (!this.desk.isKnown) await this.open();
    const content = item.choice ? { choice: item.choice } : { text: item.text };
    const message = { client_id: item.clientId, ...content, language: this.on.language() };
    try {
      return await this.desk.send(message);
    } catch (error) {
      if (!isUnauthorised(error)) throw error;
      this.renew();
      await this.open();
      return this.desk.send(message);
    }
  }

  async open() {
    await this.desk.open(this.on.language());
    this.joined = this.memory.read().conversation;
    this.loaded = true;
    if (this.memory.read().choice) this.desk.setLanguage(this.on.language()).catch(() => {});
    this.connection.start();
  }

  /** What a reload interrupted, or another tab could not send yet: the client ids keep it from being stored twice. */
  takeUpUnsent() {
    const fresh = this.outbox.unknown().filter((kept) => !this.conversation.has(kept.clientId));
    this.outbox.take(fresh.map((kept) => this.conversation.write(kept)));
    if (fresh.length) this.on.draw({ quiet: true });
  }

  onRefused(clientId, problem) {
    const item = this.conversation.get(clientId);
    if (!item || item.id) return;
    Object.assign(item, { state: "refused", problem });
    this.on.draw();
  }

  // --- other acts of the visitor -------------------------------------------------------------------

  async rate(item, feedback) {
    const before = item.feedback;
    this.setFeedback(item.id, feedback);
    try {
      await this.desk.rate(item.id, feedback);
      this.tabs.tell("rated", { id: item.id, feedback });
    } catch (error) {
      this.setFeedback(item.id, before);
      this.on.notice("notRated");
    }
  }

  setFeedback(id, feedback) {
    const item = this.conversation.get(id);
    if (!item || item.feedback === feedback) return;
    item.feedback = feedback;
    this.on.draw();
  }

  /** Leave a number to call, or (null) none; raises what the desk answers. */
  async leavePhone(phone) {
    const { conversation } = await this.desk.leavePhone(phone);
    this.take(conversation);
  }

  setLanguage(language) {
    if (this.desk.isKnown) this.desk.setLanguage(language).catch(() => {});
  }

  async erase() {
    if (this.desk.isKnown) {
      await this.desk.erase().catch((error) => {
        if (!isUnauthorised(error)) throw error; // nothing left to erase
      });
    }
    this.tabs.tell("erased");
    this.forget();
  }

  /** Everything is gone at the desk: start afresh here too. */
  forget() {
    this.connection.stop();
    this.outbox.clear();
    this.desk.forget();
    this.conversation.clear();
    this.startOver("erased");
  }

  /** The desk no longer knows this visitor: start over, and keep what has not been sent. */
  renew() {
    this.connection.stop();
    this.desk.forget();
    this.conversation.restart();
    this.startOver("renewed");
  }

  startOver(notice) {
    this.joined = undefined;
    this.on.typing(false);
    this.take(null);
    this.on.draw({ quiet: true });
    this.on.notice(notice);
  }

  // --- receiving -----------------------------------------------------------------------------------

  receive(messages, isHistory) {
    for (const message of messages) this.conversation.receive(message);
    // A reloaded page does not read the whole conversation aloud.
    this.on.draw({ quiet: isHistory && !this.loaded });
  }

  take(state) {
    this.state = state;
    this.on.conversation(state);
  }

  onState(isUp) {
    this.on.online(isUp);
    if (!isUp) {
      this.on.typing(false);
      return;
    }
    this.loaded = true;
    this.outbox.flush();
  }

  onLine() {
    this.connection.hurry();
    this.outbox.flush();
  }

  // --- what has been seen --------------------------------------------------------------------------

  /** The visitor looks at the chat: everything that has arrived is read, in every tab. */
  see() {
    const { lastSeq } = this.conversation;
    if (lastSeq > (this.memory.read().seen || 0)) this.memory.merge({ seen: lastSeq });
  }

  unread() {
    const seen = this.memory.read().seen || 0;
    return this.conversation.items.filter((item) => item.author !== "patient" && item.seq > seen).length;
  }

  // --- tabs ----------------------------------------------------------------------------------------

  onVisibility() {
    clearTimeout(this.hiddenTimer);
    if (document.hidden) {
      this.hiddenTimer = setTimeout(() => this.watchHidden(), HIDDEN_PAUSE);
      return;
    }
    if (this.watching) this.watching.abort();
    this.watching = null;
    if (this.desk.isKnown) this.connection.start();
    this.connection.hurry();
    this.on.draw();
  }

  /** Of all hidden tabs one goes on listening, so that its title can tell of a reply. */
  watchHidden() {
    this.connection.stop();
    if (!navigator.locks) return;
    this.watching = new AbortController();
    const { signal } = this.watching;
    const listen = () => {
      if (this.desk.isKnown) this.connection.start();
      return new Promise((resolve) => signal.addEventListener("abort", resolve));
    };
    alone(`${this.memory.key} listening`, listen, signal).catch(() => {});
  }

  onStorage({ key }) {
    if (key === this.outbox.store.key) this.takeUpUnsent();
    if (key !== this.memory.key) return;
    const { conversation, choice } = this.memory.read();
    if (conversation && conversation !== this.joined) this.join(conversation);
    if (choice) this.on.choice(choice);
    this.on.draw();
  }

  /** Another tab has begun or renewed the conversation. */
  join(conversation) {
    this.joined = conversation;
    this.connection.stop();
    this.conversation.restart();
    this.loaded = false;
    this.connection.start();
  }
}

// <derma-chat>: the clinic's chat as one element. With the attribute `open` it fills its place in the page;
// without, it is a button in the corner. See README.md.

import { Connection } from "./connection.js";
import { Conversation, Outbox } from "./conversation.js";
import { Desk, Refusal } from "./desk.js";
import { keep, randomId } from "./storage.js";
import { styleSheet } from "./styles.js";
import { TEXTS, isLanguage } from "./texts.js";
import { View } from "./view.js";

// Browsers allow six connections to a server: tabs that nobody looks at give theirs back.
const HIDDEN_PAUSE = 60000;

class DermaChat extends HTMLElement {
  static get observedAttributes() {
    return ["open"];
  }

  constructor() {
    super();
    this.conversation = new Conversation();
    this.view = new View({
      send: (text) => this.send({ text }),
      choose: (button) => this.send({ text: button.title, choice: button.choice }),
      retry: () => this.outbox.flush(),
      language: () => this.switchLanguage(),
      open: () => this.show(),
      close: () => this.hide(),
    });
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [styleSheet()];
    shadow.append(this.view.root);
    this.listeners = [
      [document, "visibilitychange", () => this.onVisibility()],
      [window, "online", () => this.onLineBack()],
      [window, "storage", (event) => this.onOtherTab(event)],
    ];
  }

  connectedCallback() {
    if (!this.desk) this.setUp();
    for (const [target, name, listener] of this.listeners) target.addEventListener(name, listener);
    this.view.setEmbedded(this.hasAttribute("open"));
    this.isShown = this.hasAttribute("open");
    this.view.setOpen(this.isShown);
    if (this.desk.token) this.connection.start();
    this.outbox.flush();
  }

  disconnectedCallback() {
    for (const [target, name, listener] of this.listeners) target.removeEventListener(name, listener);
    this.connection.stop();
    this.view.stop();
  }

  attributeChangedCallback() {
    if (!this.desk || !this.isConnected) return;
    this.isShown = this.hasAttribute("open");
    this.view.setEmbedded(this.isShown);
    this.view.setOpen(this.isShown);
  }

  /** Everything that needs the element's attributes or the page's language. */
  setUp() {
    const base = new URL(this.getAttribute("server") || "..", this.hasAttribute("server") ? document.baseURI : import.meta.url);
    this.memory = keep(() => localStorage, `derma-chat ${base.href}`);
    this.desk = new Desk(base);
    this.desk.token = this.remembered().token || null;
    this.connection = new Connection(this.desk, {
      lastSeq: () => this.conversation.lastSeq,
      messages: (messages, isHistory) => this.receive(messages, isHistory),
      typing: (on) => this.view.setTyping(on),
      state: (isUp) => this.onState(isUp),
      refused: () => this.renew(),
    });
    this.outbox = new Outbox({
      send: (item) => this.deliver(item),
      onStored: (item, answer) => {
        this.conversation.stored(item, answer);
        this.draw();
      },
      onChange: () => this.draw(),
      store: keep(() => sessionStorage, `derma-chat unsent ${base.href}`),
    });
    this.chooseFirstLanguage();
    this.takeUpUnsent();
  }

  // --- showing -------------------------------------------------------------------------------------

  show() {
    this.isShown = true;
    this.view.setOpen(true);
    this.draw();
    this.view.focusAfterPress();
  }

  hide() {
    this.isShown = false;
    this.view.setOpen(false);
    this.view.launcher.focus();
  }

  draw(options) {
    const { items, lastSeq } = this.conversation;
    this.view.show(items, this.conversation.openChoices(), options);
    if (this.isShown && !document.hidden && lastSeq > (this.remembered().seen || 0)) this.remember({ seen: lastSeq });
    const seen = this.remembered().seen || 0;
    const unread = items.filter((item) => item.author !== "patient" && item.seq > seen);
    this.view.setUnread(this.isShown ? 0 : unread.length);
  }

  // --- sending -------------------------------------------------------------------------------------

  send({ text, choice = "" }) {
    const item = this.conversation.write({ clientId: randomId(), text, choice });
    this.draw();
    this.outbox.add(item);
  }

  /** One try to bring an item to the desk, with a visitor made first where there is none. */
  async deliver(item) {
    if (!this.desk.token) await this.openVisitor();
    const content = item.choice ? { choice: item.choice } : { text: item.text };
    try {
      return await this.desk.send({ client_id: item.clientId, ...content, language: this.language });
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 401) throw error;
      this.renew();
      await this.openVisitor();
      return this.desk.send({ client_id: item.clientId, ...content, language: this.language });
    }
  }

  /** What a reload interrupted goes out again: the client ids keep it from being stored twice. */
  takeUpUnsent() {
    const items = this.outbox.unsent().map((kept) => this.conversation.write({ ...kept, at: new Date(kept.at) }));
    this.outbox.queue = items;
    if (items.length) this.draw({ quiet: true });
  }

  // --- the visitor ---------------------------------------------------------------------------------

  /** Nobody is known to the desk before they write. */
  async openVisitor() {
    this.desk.token = await this.desk.openVisitor(this.language);
    this.remember({ token: this.desk.token, seen: 0 });
    this.loaded = true;
    if (this.remembered().choice) this.desk.setLanguage(this.language).catch(() => {});
    this.connection.start();
  }

  /** The desk no longer knows this visitor: start over, and keep what has not been sent. */
  renew() {
    this.connection.stop();
    this.desk.token = null;
    this.remember({ token: null, seen: 0 });
    this.conversation.restart();
    this.view.setTyping(false);
    this.draw({ quiet: true });
    this.view.tell(this.texts.renewed, 8000);
  }

  // --- receiving -----------------------------------------------------------------------------------

  receive(messages, isHistory) {
    for (const message of messages) this.conversation.receive(message);
    // A reloaded page does not read the whole conversation aloud.
    this.draw({ quiet: isHistory && !this.loaded });
  }

  onState(isUp) {
    this.view.setOnline(isUp);
    if (!isUp) {
      this.view.setTyping(false);
      return;
    }
    this.loaded = true;
    this.outbox.flush();
  }

  onLineBack() {
    this.connection.hurry();
    this.outbox.flush();
  }

  onVisibility() {
    clearTimeout(this.hiddenTimer);
    if (document.hidden) {
      this.hiddenTimer = setTimeout(() => this.connection.stop(), HIDDEN_PAUSE);
      return;
    }
    if (this.desk.token) this.connection.start();
    this.connection.hurry();
    this.draw();
  }

  /** Another tab of this browser has begun or renewed the conversation: join it. */
  onOtherTab(event) {
    const { token } = this.remembered();
    if (event.storageArea !== localStorage || !token || token === this.desk.token) return;
    this.connection.stop();
    this.desk.token = token;
    this.conversation.restart();
    this.loaded = false;
    this.draw({ quiet: true });
    this.connection.start();
  }

  // --- language ------------------------------------------------------------------------------------

  /** The page's language, unless the visitor chose another one in the chat on a page in this language. */
  chooseFirstLanguage() {
    const around = this.closest("[lang]");
    const page = around ? around.lang.slice(0, 2).toLowerCase() : "";
    this.pageLanguage = isLanguage(page) ? page : "ar";
    const { choice, chosenOn } = this.remembered();
    const holds = isLanguage(choice) && [choice, chosenOn].includes(this.pageLanguage);
    if (choice && !holds) {
      this.remember({ choice: null });
      if (this.desk.token) this.desk.setLanguage(null).catch(() => {});
    }
    this.speak(holds ? choice : this.pageLanguage);
  }

  switchLanguage() {
    this.speak(this.language === "ar" ? "en" : "ar");
    this.remember({ choice: this.language, chosenOn: this.pageLanguage });
    if (this.desk.token) this.desk.setLanguage(this.language).catch(() => {});
    this.dispatchEvent(new CustomEvent("derma-chat-language", { detail: { language: this.language }, bubbles: true }));
  }

  speak(language) {
    this.language = language;
    this.texts = TEXTS[language];
    this.view.speak(language, this.texts);
    this.draw({ quiet: true });
  }

  // --- memory --------------------------------------------------------------------------------------

  remembered() {
    return this.memory.read() || {};
  }

  remember(values) {
    this.memory.write({ ...this.remembered(), ...values });
  }
}

if (!customElements.get("derma-chat")) customElements.define("derma-chat", DermaChat);

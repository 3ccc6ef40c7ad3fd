// <derma-chat>: the clinic's chat as one element. With the attribute `open` it fills its place in the page;
// without, it is a button in the corner. See docs/widget.md.

import { Session } from "./session.js";
import { styleSheet } from "./styles.js";
import { TEXTS, isLanguage } from "./texts.js";
import { View } from "./view.js";

class DermaChat extends HTMLElement {
  static get observedAttributes() {
    return ["open"];
  }

  constructor() {
    super();
    this.view = new View({
      send: (text) => this.session.send({ text }),
      choose: (button) => this.session.send({ text: button.title, choice: button.choice }),
      // The desk takes this choice at any time: a human is always within reach.
      staff: () => this.session.send({ text: this.texts.askStaffMessage, choice: "ask_human" }),
      retry: () => this.session.outbox.flush(),
      rate: (item, feedback) => this.session.rate(item, feedback),
      phone: (number) => this.session.leavePhone(number),
      erase: () => this.session.erase(),
      language: () => this.switchLanguage(),
      open: () => this.show(),
      close: () => this.hide(),
    });
    const shadow = this.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [styleSheet()];
    shadow.append(this.view.root);
  }

  connectedCallback() {
    if (!this.session) this.setUp();
    this.follow();
    this.session.start();
  }

  disconnectedCallback() {
    this.session.stop();
    this.view.stop();
  }

  attributeChangedCallback() {
    if (this.session && this.isConnected) this.follow();
  }

  /** Everything that needs the element's attributes or the page's language. */
  setUp() {
    const base = new URL(this.getAttribute("server") || "..", this.hasAttribute("server") ? document.baseURI : import.meta.url);
    this.session = new Session(base, {
      language: () => this.language,
      draw: (options) => this.draw(options),
      typing: (on) => this.view.setTyping(on),
      online: (isUp) => this.view.notice.setOnline(isUp),
      conversation: (state) => this.view.handoff.update(state),
      notice: (name, detail) => this.view.notice.say(name, detail),
      choice: (language) => language !== this.language && isLanguage(language) && this.announce(language),
    });
    this.chooseFirstLanguage();
  }

  // --- showing -------------------------------------------------------------------------------------

  follow() {
    this.isShown = this.hasAttribute("open");
    this.view.setEmbedded(this.isShown);
    this.view.setOpen(this.isShown);
  }

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

  /** For the page's own buttons: open the chat and ask this. */
  ask(text) {
    if (!this.isShown) this.show();
    this.session.send({ text });
  }

  draw(options) {
    const { conversation } = this.session;
    this.view.show(conversation.items, conversation.openChoices(), options);
    if (this.isShown && !document.hidden) this.session.see();
    this.view.setUnread(this.session.unread());
  }

  // --- language ------------------------------------------------------------------------------------

  /** The page's language, unless the visitor chose another one in the chat on a page in this language. */
  chooseFirstLanguage() {
    const around = this.closest("[lang]");
    const page = around ? around.lang.slice(0, 2).toLowerCase() : "";
    this.pageLanguage = isLanguage(page) ? page : "ar";
    const { memory } = this.session;
    const { choice, chosenOn } = memory.read();
    const holds = isLanguage(choice) && [choice, chosenOn].includes(this.pageLanguage);
    if (choice && !holds) {
      memory.merge({ choice: null });
      this.session.setLanguage(null);
    }
    this.speak(holds ? choice : this.pageLanguage);
  }

  switchLanguage() {
    this.announce(this.language === "ar" ? "en" : "ar");
    this.session.memory.merge({ choice: this.language, chosenOn: this.pageLanguage });
    this.session.setLanguage(this.language);
  }

  /** Speak another language, and let the page know. */
  announce(language) {
    this.speak(language);
    this.dispatchEvent(new CustomEvent("derma-chat-language", { detail: { language }, bubbles: true }));
  }

  speak(language) {
    this.language = language;
    this.texts = TEXTS[language];
    this.view.speak(language, this.texts, this.getAttribute("privacy-policy"));
    this.draw({ quiet: true });
  }
}

if (!customElements.get("derma-chat")) customElements.define("derma-chat", DermaChat);

// The chat on the screen: what is where, and what people do with it. It decides nothing.

import { Bubble } from "./bubble.js";
import { h, icon } from "./dom.js";

const LONGEST = 4096; // the desk refuses more
const WARN_FROM = 3800;
const OFFLINE_SHOWN_AFTER = 2500; // short gaps are nobody's business
const TYPING_SAID_AFTER = 1500;

export class View {
  /** @param on send(text), choose(button), retry(), language(), open(), close(), seen() */
  constructor(on) {
    this.on = on;
    this.bubbles = new Map();
    this.pinned = true;
    this.build();
    this.listen();
  }

  build() {
    this.title = h("h2", { id: "title" });
    this.subtitle = h("p", { class: "subtitle" });
    this.language = h("button", { class: "language", type: "button", onclick: () => this.on.language() });
    this.closer = h("button", { class: "close", type: "button", onclick: () => this.on.close() }, icon("close"));
    this.emergency = h("p", { class: "emergency" });
    this.welcome = h("div", { class: "welcome" });
    this.rows = h("div", { class: "rows" });
    this.choices = h("div", { class: "choices", role: "group" });
    this.dots = h("div", { class: "dots", "aria-hidden": "true", hidden: true }, h("i"), h("i"), h("i"));
    this.log = h(
      "div",
      { class: "log", role: "log", "aria-live": "off", tabindex: "0" },
      this.welcome,
      this.rows,
      this.choices,
      this.dots,
    );
    this.newer = h("button", { class: "newer", type: "button", hidden: true, onclick: () => this.toEnd() });
    this.notice = h("p", { class: "notice", role: "status" });
    this.status = h("p", { class: "sr", role: "status" });
    this.input = h("textarea", { id: "input", rows: "1", enterkeyhint: "send", "aria-describedby": "keys count" });
    this.label = h("label", { class: "sr", for: "input" });
    this.sender = h("button", { class: "send", type: "submit" }, icon("send"));
    this.keys = h("span", { class: "sr", id: "keys" });
    this.count = h("p", { class: "count", id: "count", role: "status" });
    this.staff = h("button", { class: "staff", type: "button" });
    this.form = h("form", {}, this.label, h("div", { class: "field" }, this.input, this.sender), this.count, this.keys);
    this.panel = h(
      "section",
      { class: "panel", "aria-labelledby": "title" },
      h("header", {}, h("span", { class: "mark" }, icon("leaf")), h("div", {}, this.title, this.subtitle), this.language, this.closer),
      this.emergency,
      h("div", { class: "middle" }, this.log, this.newer),
      this.notice,
      this.status,
      this.form,
      this.staff,
    );
    this.launcherText = h("span");
    this.unread = h("span", { class: "unread", hidden: true });
    this.launcher = h("button", { class: "launcher", type: "button", "aria-expanded": "false" }, icon("chat"), this.launcherText, this.unread);
    this.root = h("div", { class: "root" }, this.launcher, this.panel);
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("keydown", (event) => {
      // While an input method is composing, Enter belongs to it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("input", () => this.fit());
    this.staff.addEventListener("click", () => this.say(this.texts.askStaffMessage));
    this.launcher.addEventListener("click", () => this.on.open());
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.embedded) this.on.close();
    });
    this.log.addEventListener("scroll", () => {
      const { scrollTop, clientHeight, scrollHeight } = this.log;
      this.pinned = scrollTop + clientHeight > scrollHeight - 40;
      if (this.pinned) this.newer.hidden = true;
    });
    // A phone's keyboard takes half of the height: stay at the newest message.
    this.resized = new ResizeObserver(() => this.pinned && this.toEnd());
    this.resized.observe(this.log);
  }

  speak(language, texts) {
    this.texts = texts;
    this.silently(() => {
      this.root.lang = language;
      this.root.dir = texts.dir;
      this.title.textContent = texts.title;
      this.subtitle.textContent = texts.subtitle;
      this.language.textContent = texts.otherLanguage;
      this.language.lang = language === "ar" ? "en" : "ar";
      this.closer.setAttribute("aria-label", texts.close);
      this.emergency.replaceChildren(...texts.emergency.map(callable));
      this.log.setAttribute("aria-label", texts.log);
      this.choices.setAttribute("aria-label", texts.choices);
      this.newer.replaceChildren(icon("down"), texts.newMessages);
      this.label.textContent = texts.label;
      this.input.placeholder = texts.placeholder;
      this.sender.setAttribute("aria-label", texts.send);
      this.sender.title = texts.send;
      this.keys.textContent = texts.keys;
      this.staff.replaceChildren(icon("person"), texts.askStaff);
      this.launcherText.textContent = texts.launcher;
      const starters = texts.starters.map((text) => this.button(text, () => this.say(text)));
      this.welcome.replaceChildren(h("div", { class: "words" }, texts.welcome), h("div", { class: "choices" }, ...starters));
      this.tell(this.isOffline ? texts.offline : "");
      this.fit();
    });
  }

  /** Show the messages. The log announces what is added unless `quiet`. */
  show(items, choices, { quiet = false } = {}) {
    const grown = items.length > this.rows.children.length;
    const own = grown && items[items.length - 1].author === "patient";
    const draw = () => {
      this.welcome.classList.toggle("used", items.length > 0);
      items.forEach((item, index) => this.place(item, index, items));
      this.dropExcept(items);
      this.offer(choices);
    };
    if (quiet) this.silently(draw);
    else draw();
    if (this.pinned || own) this.toEnd();
    else if (grown) this.newer.hidden = false;
  }

  place(item, index, items) {
    if (!this.bubbles.has(item)) this.bubbles.set(item, new Bubble(item, { onRetry: () => this.retry() }));
    const bubble = this.bubbles.get(item);
    bubble.update(this.texts, items[index - 1], items[index + 1]);
    // Moved only when out of place: a moved element would be announced again.
    if (this.rows.children[index] !== bubble.element) this.rows.insertBefore(bubble.element, this.rows.children[index] || null);
  }

  dropExcept(items) {
    if (this.bubbles.size === items.length) return;
    for (const [item, bubble] of this.bubbles) {
      if (items.includes(item)) continue;
      bubble.element.remove();
      this.bubbles.delete(item);
    }
  }

  offer(choices) {
    const offered = JSON.stringify(choices);
    if (this.offered === offered) return;
    this.offered = offered;
    const press = (button) => () => {
      this.on.choose(button);
      this.focusAfterPress();
    };
    this.choices.replaceChildren(...choices.map((button) => this.button(button.title, press(button))));
  }

  button(title, onclick) {
    return h("button", { type: "button", onclick }, h("bdi", {}, title));
  }

  silently(change) {
    this.log.setAttribute("aria-live", "off");
    change();
    clearTimeout(this.loud);
    this.loud = setTimeout(() => this.log.setAttribute("aria-live", "polite"), 300);
  }

  submit() {
    const text = this.input.value.trim();
    if (text.length > LONGEST) {
      this.input.focus();
      return;
    }
    if (text) {
      this.on.send(text);
      this.input.value = "";
      this.fit();
    }
    this.input.focus();
  }

  say(text) {
    this.on.send(text);
    this.focusAfterPress();
  }

  retry() {
    this.on.retry();
    this.focusAfterPress();
  }

  /** The pressed button is gone: focus goes on to the text field, or, where that would raise a keyboard, the log. */
  focusAfterPress() {
    const target = matchMedia("(pointer: coarse)").matches ? this.log : this.input;
    target.focus({ preventScroll: true });
  }

  fit() {
    const { input, texts } = this;
    // An empty field has no direction of its own: its hint follows the interface.
    input.dir = input.value ? "auto" : texts.dir;
    input.style.blockSize = "auto";
    if (input.value) input.style.blockSize = `${input.scrollHeight}px`;
    const left = LONGEST - input.value.trim().length;
    this.count.textContent = left < 0 ? texts.over(-left) : left < LONGEST - WARN_FROM ? texts.left(left) : "";
    this.count.classList.toggle("over", left < 0);
    input.setAttribute("aria-invalid", String(left < 0));
    this.form.classList.toggle("ready", Boolean(input.value.trim()) && left >= 0);
  }

  setTyping(on) {
    this.dots.hidden = !on;
    clearTimeout(this.typing);
    this.status.textContent = "";
    // Said only when it takes a while: most replies come at once.
    if (on) this.typing = setTimeout(() => (this.status.textContent = this.texts.typing), TYPING_SAID_AFTER);
    if (on && this.pinned) this.toEnd();
  }

  setOnline(online) {
    if (!online) {
      // Counted from the first failure: each further try fails too and must not put it off.
      if (!this.offline) this.offline = setTimeout(() => this.tellOffline(), OFFLINE_SHOWN_AFTER);
      return;
    }
    clearTimeout(this.offline);
    this.offline = null;
    if (this.isOffline) this.tell(this.texts.online, 3000);
    this.isOffline = false;
  }

  tellOffline() {
    this.isOffline = true;
    this.tell(this.texts.offline);
  }

  tell(text, milliseconds = 0) {
    this.notice.textContent = text;
    clearTimeout(this.told);
    if (milliseconds) this.told = setTimeout(() => (this.notice.textContent = ""), milliseconds);
  }

  setEmbedded(embedded) {
    this.embedded = embedded;
    this.root.classList.toggle("embedded", embedded);
    this.panel.setAttribute("role", embedded ? "region" : "dialog");
    this.launcher.hidden = embedded;
    this.closer.hidden = embedded;
  }

  setOpen(open) {
    this.panel.hidden = !open;
    this.root.classList.toggle("opened", open);
    this.launcher.setAttribute("aria-expanded", String(open));
    if (open) this.toEnd();
  }

  setUnread(count) {
    this.unread.hidden = !count;
    this.unread.textContent = count > 9 ? "9+" : String(count);
    const label = count ? `${this.texts.launcher} ${this.texts.unread(count)}` : this.texts.launcher;
    this.launcher.setAttribute("aria-label", label);
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.pinned = true;
    this.newer.hidden = true;
  }

  stop() {
    for (const timer of [this.loud, this.typing, this.offline, this.told]) clearTimeout(timer);
  }
}

/** A number to call becomes a link. */
function callable(part) {
  return /^\d+$/.test(part) ? h("a", { href: `tel:${part}`, dir: "ltr" }, part) : part;
}

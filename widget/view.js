// The chat on the screen: what is where, and what people do with it. It decides nothing.

import { Bubble } from "./bubble.js";
import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { HandoffPanel } from "./handoff.js";
import { Menu } from "./menu.js";
import { Notice } from "./notice.js";
import { Screen } from "./screen.js";
import { Unread } from "./unread.js";

const TYPING_SAID_AFTER = 1500;

export class View {
  /** @param on send(text), choose(button), staff(), retry(), rate(item, feedback), phone(number), erase(), language(),
   *  open(), close() */
  constructor(on) {
    this.on = on;
    this.bubbles = new Map();
    this.pinned = true;
    this.build();
    this.listen();
  }

  build() {
    const { on } = this;
    this.title = h("h2", { id: "title" });
    this.subtitle = h("p", { class: "subtitle" });
    this.language = h("button", { class: "language", type: "button", onclick: () => on.language() });
    this.closer = h("button", { class: "close", type: "button", onclick: () => on.close() }, icon("close"));
    this.menu = new Menu({ staff: () => this.press(on.staff), erase: () => on.erase() });
    this.emergency = h("p", { class: "emergency" });
    this.handoff = new HandoffPanel((number) => on.phone(number));
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
    this.notice = new Notice();
    this.status = h("p", { class: "sr", role: "status" });
    this.composer = new Composer((text) => on.send(text));
    this.staff = h("button", { class: "staff", type: "button", onclick: () => this.press(on.staff) });
    this.header = h(
      "header",
      {},
      h("span", { class: "mark" }, icon("leaf")),
      h("div", { class: "titles" }, this.title, this.subtitle),
      this.language,
      this.menu.element,
      this.closer,
    );
    this.panel = h(
      "section",
      { class: "panel", "aria-labelledby": "title" },
      this.header,
      this.emergency,
      this.handoff.banner,
      h("div", { class: "middle" }, this.log, this.newer),
      this.notice.element,
      this.status,
      this.handoff.form,
      this.composer.element,
      this.staff,
    );
    this.unread = new Unread();
    this.launcherText = h("span");
    const launcher = { class: "launcher", type: "button", "aria-expanded": "false", onclick: () => on.open() };
    this.launcher = h("button", launcher, icon("chat"), this.launcherText, this.unread.badge);
    this.root = h("div", { class: "root" }, this.launcher, this.panel);
    this.screen = new Screen(this.root, this.panel);
  }

  listen() {
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.embedded && !event.defaultPrevented && !this.menu.dialog.open) this.on.close();
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

  speak(language, texts, policyAddress) {
    this.texts = texts;
    this.silently(() => {
      this.root.lang = language;
      this.root.dir = texts.dir;
      this.title.textContent = texts.title;
      this.subtitle.textContent = texts.subtitle;
      this.language.textContent = texts.otherLanguage;
      this.language.lang = language === "ar" ? "en" : "ar";
      this.closer.setAttribute("aria-label", texts.close);
      this.closer.title = texts.close;
      this.emergency.replaceChildren(...texts.emergency.map(callable));
      this.log.setAttribute("aria-label", texts.log);
      this.choices.setAttribute("aria-label", texts.choices);
      this.newer.replaceChildren(icon("down"), texts.newMessages);
      this.staff.replaceChildren(icon("person"), texts.askStaff);
      this.launcherText.textContent = texts.launcher;
      const starters = texts.starters.map((text) => this.button(text, () => this.press(() => this.on.send(text))));
      this.welcome.replaceChildren(
        h("div", { class: "words" }, texts.welcome),
        h("p", { class: "privacy" }, icon("shield"), h("span", {}, texts.privacy)),
        h("div", { class: "choices" }, ...starters),
      );
      for (const part of [this.menu, this.handoff, this.composer, this.notice]) part.speak(texts, policyAddress);
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
    if (!this.bubbles.has(item)) {
      const on = { retry: () => this.press(this.on.retry), rate: (rated, feedback) => this.on.rate(rated, feedback) };
      this.bubbles.set(item, new Bubble(item, on));
    }
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
    this.choices.replaceChildren(...choices.map((each) => this.button(each.title, () => this.press(() => this.on.choose(each)))));
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

  /** Do what a button says; it may be gone then. */
  press(act) {
    act();
    this.focusAfterPress();
  }

  /** Focus goes on to the text field, or, where that would raise a keyboard, the log. */
  focusAfterPress() {
    const target = matchMedia("(pointer: coarse)").matches ? this.log : this.composer.input;
    target.focus({ preventScroll: true });
  }

  setTyping(on) {
    this.dots.hidden = !on;
    clearTimeout(this.typing);
    this.status.textContent = "";
    // Said only when it takes a while: most replies come at once.
    if (on) this.typing = setTimeout(() => (this.status.textContent = this.texts.typing), TYPING_SAID_AFTER);
    if (on && this.pinned) this.toEnd();
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
    this.screen.follow(open, !this.embedded);
    if (open) this.toEnd();
  }

  setUnread(count) {
    this.launcher.setAttribute("aria-label", this.unread.show(count, this.texts));
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.pinned = true;
    this.newer.hidden = true;
  }

  stop() {
    for (const timer of [this.loud, this.typing]) clearTimeout(timer);
    this.notice.stop();
    this.unread.title("");
    this.screen.follow(false);
  }
}

/** A number to call becomes a link. */
function callable(part) {
  return /^\d+$/.test(part) ? h("a", { href: `tel:${part}`, dir: "ltr" }, part) : part;
}

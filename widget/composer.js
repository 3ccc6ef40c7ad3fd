// Where the visitor writes.

import { h, icon } from "./dom.js";
import { directionOf } from "./prose.js";

const LONGEST = 4096; // the desk refuses more
const WARN_FROM = 3800;

export class Composer {
  /** @param onSend what to do with a text */
  constructor(onSend) {
    this.onSend = onSend;
    this.input = h("textarea", { id: "input", rows: "1", enterkeyhint: "send", "aria-describedby": "keys count" });
    this.label = h("label", { class: "sr", for: "input" });
    this.sender = h("button", { class: "send", type: "submit" }, icon("send"));
    this.keys = h("span", { class: "sr", id: "keys" });
    this.count = h("p", { class: "count", id: "count", role: "status" });
    const field = h("div", { class: "field" }, this.input, this.sender);
    this.element = h("form", { class: "composer" }, this.label, field, this.count, this.keys);
    this.listen();
  }

  listen() {
    this.element.addEventListener("submit", (event) => {
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
  }

  speak(texts) {
    this.texts = texts;
    this.label.textContent = texts.label;
    this.input.placeholder = texts.placeholder;
    this.sender.setAttribute("aria-label", texts.send);
    this.sender.title = texts.send;
    this.keys.textContent = texts.keys;
    this.fit();
  }

  submit() {
    const text = this.input.value.trim();
    if (text && text.length <= LONGEST) {
      this.onSend(text);
      this.input.value = "";
      this.fit();
    }
    this.input.focus();
  }

  fit() {
    const { input, texts } = this;
    // An empty field has no direction of its own: its hint follows the interface.
    const dir = directionOf(input.value);
    input.dir = dir === "auto" ? texts.dir : dir;
    input.style.blockSize = "auto";
    if (input.value) input.style.blockSize = `${input.scrollHeight}px`;
    const left = LONGEST - input.value.trim().length;
    this.count.textContent = left < 0 ? texts.over(-left) : left < LONGEST - WARN_FROM ? texts.left(left) : "";
    this.count.classList.toggle("over", left < 0);
    input.setAttribute("aria-invalid", String(left < 0));
    this.element.classList.toggle("ready", Boolean(input.value.trim()) && left >= 0);
  }
}

// One line above the text field: how the line to the desk is, and what has just happened.

import { h } from "./dom.js";

const OFFLINE_SHOWN_AFTER = 2500; // short gaps are nobody's business
const SHOWN_FOR = { online: 3000, renewed: 8000, erased: 8000, notRated: 6000 };

export class Notice {
  constructor() {
    this.element = h("p", { class: "notice", role: "status" });
    this.isOffline = false;
  }

  speak(texts) {
    this.texts = texts;
    this.write(this.isOffline ? this.offlineWords() : "");
  }

  /** Say one of the texts by its name, for a while. */
  say(name, detail) {
    const words = this.texts[name];
    const seconds = name === "slow" ? detail * 1000 : SHOWN_FOR[name];
    this.write(typeof words === "function" ? words(detail) : words, seconds);
  }

  setOnline(isUp) {
    if (!isUp) {
      // Counted from the first failure: each further try fails too and must not put it off.
      const after = navigator.onLine ? OFFLINE_SHOWN_AFTER : 0;
      if (this.isOffline) this.tellOffline();
      else if (!this.waiting || !after) this.waiting = setTimeout(() => this.tellOffline(), after);
      return;
    }
    clearTimeout(this.waiting);
    this.waiting = null;
    if (this.isOffline) this.say("online");
    this.isOffline = false;
  }

  tellOffline() {
    this.isOffline = true;
    if (this.element.textContent !== this.offlineWords()) this.write(this.offlineWords());
  }

  offlineWords() {
    return navigator.onLine ? this.texts.offline : this.texts.noInternet;
  }

  write(words, milliseconds = 0) {
    this.element.textContent = words;
    this.element.classList.toggle("warning", this.isOffline);
    clearTimeout(this.told);
    const then = () => this.write(this.isOffline ? this.offlineWords() : "");
    if (milliseconds) this.told = setTimeout(then, milliseconds);
  }

  stop() {
    for (const timer of [this.waiting, this.told]) clearTimeout(timer);
  }
}

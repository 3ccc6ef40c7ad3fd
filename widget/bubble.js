// One message on the screen.

import { h, icon, linked } from "./dom.js";

export class Bubble {
  constructor(item, { onRetry }) {
    this.item = item;
    this.day = h("div", { class: "day" });
    this.who = h("div", { class: "who" });
    this.words = h("div", { class: "words", dir: "auto" });
    this.time = h("time");
    this.state = h("span", { class: "state" });
    this.retry = h("button", { class: "retry", type: "button", onclick: () => onRetry(item), hidden: true });
    this.meta = h("div", { class: "meta" }, this.time, this.state, this.retry);
    this.element = h("div", { class: "item" }, this.day, this.who, this.words, this.meta);
  }

  /** Show the item as it is now; `before` and `after` are its neighbours. */
  update(texts, before, after) {
    const { item } = this;
    const opensDay = !before || !sameDay(before.at, item.at);
    const opensGroup = opensDay || before.author !== item.author;
    const closesGroup = !after || after.author !== item.author || !sameDay(after.at, item.at);
    const quiet = closesGroup || item.state === "failed" || item.state === "refused" ? "" : " quiet";
    this.element.className = `item ${item.author} ${item.state}${opensGroup ? " first" : ""}${quiet}`;
    setText(this.day, opensDay ? dayName(item.at, texts) : "");
    this.day.hidden = !opensDay;
    setText(this.who, texts.names[item.author]);
    // The name is shown once a group, and never above one's own words; a screen reader hears it each time.
    this.who.classList.toggle("sr", !opensGroup || item.author === "patient");
    this.showWords();
    setText(this.time, item.at.toLocaleTimeString(texts.locale, { hour: "numeric", minute: "2-digit", hour12: true }));
    this.time.dateTime = item.at.toISOString();
    this.showState(texts);
  }

  showWords() {
    const { text, author, language } = this.item;
    if (this.shown === text) return;
    this.shown = text;
    this.words.replaceChildren(...(author === "patient" ? [text] : linked(text)));
    if (language) this.words.lang = language;
  }

  showState(texts) {
    const { state, author, problem } = this.item;
    const label = `${author} ${state} ${texts.dir}`;
    if (this.label === label) return; // not written again: a screen reader would say it again
    this.label = label;
    this.retry.hidden = state !== "failed";
    this.retry.textContent = texts.retry;
    this.state.replaceChildren();
    if (author !== "patient") return;
    if (state === "sent") this.state.append(icon("check"), h("span", { class: "sr" }, texts.sent));
    if (state === "sending" || state === "failed") this.state.append(texts[state]);
    if (state === "refused") this.state.append(texts.refused[problem === "too_large" ? "too_long" : problem] || texts.refused.other);
  }
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function sameDay(a, b) {
  return a.toDateString() === b.toDateString();
}

function dayName(date, texts) {
  const now = new Date();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (sameDay(date, now)) return texts.today;
  if (sameDay(date, yesterday)) return texts.yesterday;
  const year = date.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString(texts.locale, { weekday: "long", day: "numeric", month: "long", year });
}

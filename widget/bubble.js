// One message on the screen.

import { h, icon, setText } from "./dom.js";
import { prose } from "./prose.js";

export class Bubble {
  /** @param on retry(), rate(item, feedback) */
  constructor(item, on) {
    this.item = item;
    this.day = h("div", { class: "day" });
    this.who = h("div", { class: "who" });
    this.words = h("div", { class: "words" });
    this.time = h("time");
    this.state = h("span", { class: "state" });
    this.retry = h("button", { class: "retry", type: "button", onclick: () => on.retry(), hidden: true });
    this.thumbs = [1, -1].map((value) => {
      const press = () => on.rate(item, item.feedback === value ? null : value);
      return h("button", { class: value > 0 ? "thumb" : "thumb down", type: "button", onclick: press }, icon("up"));
    });
    this.rating = h("div", { class: "rating", role: "group", hidden: true }, ...this.thumbs);
    this.meta = h("div", { class: "meta" }, this.time, this.state, this.retry, this.rating);
    this.element = h("div", { class: "item" }, this.day, this.who, this.words, this.meta);
  }

  /** Show the item as it is now; `before` and `after` are its neighbours. */
  update(texts, before, after) {
    const { item } = this;
    const opensDay = !before || !sameDay(before.at, item.at);
    const opensGroup = opensDay || !sameAuthor(before, item);
    const closesGroup = !after || !sameAuthor(after, item) || !sameDay(after.at, item.at);
    const isQuiet = !closesGroup && !item.rateable && item.state !== "failed" && item.state !== "refused";
    this.element.className = `item ${item.author} ${item.state}${opensGroup ? " first" : ""}${isQuiet ? " quiet" : ""}`;
    const locale = item.arabicDigits && texts.dir === "rtl" ? texts.localeArabicDigits : texts.locale;
    setText(this.day, opensDay ? dayName(item.at, texts, locale) : "");
    this.day.hidden = !opensDay;
    const name = texts.names[item.author];
    setText(this.who, item.name ? `${item.name} · ${name}` : name);
    // The name is shown once a group, and never above one's own words; a screen reader hears it each time.
    this.who.classList.toggle("sr", !opensGroup || item.author === "patient");
    this.showWords();
    setText(this.time, item.at.toLocaleTimeString(locale, { hour: "numeric", minute: "2-digit", hour12: true }));
    this.time.dateTime = item.at.toISOString();
    this.showState(texts);
    this.showRating(texts);
  }

  showWords() {
    const { text, author, language, arabicDigits } = this.item;
    const isClinics = author !== "patient";
    const converts = Boolean(arabicDigits && language === "ar" && (author === "bot" || author === "system"));
    const shown = `${converts} ${text}`;
    if (this.shown === shown) return;
    this.shown = shown;
    this.words.replaceChildren(...prose(text, { links: isClinics, arabicDigits: converts }));
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

  showRating(texts) {
    const { rateable, feedback } = this.item;
    this.rating.hidden = !rateable;
    if (!rateable) return;
    this.rating.setAttribute("aria-label", texts.rating);
    this.thumbs.forEach((thumb, index) => {
      const [value, label] = index ? [-1, texts.notHelpful] : [1, texts.helpful];
      thumb.setAttribute("aria-pressed", String(feedback === value));
      thumb.setAttribute("aria-label", label);
      thumb.title = label;
    });
  }
}

function sameAuthor(a, b) {
  return a.author === b.author && a.name === b.name;
}

function sameDay(a, b) {
  return a.toDateString() === b.toDateString();
}

function dayName(date, texts, locale) {
  const now = new Date();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (sameDay(date, now)) return texts.today;
  if (sameDay(date, yesterday)) return texts.yesterday;
  const year = date.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long", year });
}

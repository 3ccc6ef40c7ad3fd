// While staff have the conversation: what they promise, and a number for them to call if the visitor likes.

import { h, icon, setText } from "./dom.js";
import { Refusal } from "./http.js";

const CLINIC_TIME = "Asia/Riyadh"; // a promise is kept on the clinic's clock

export class HandoffPanel {
  /** @param onPhone(number or null) resolves once the desk has it, rejects with what the desk says */
  constructor(onPhone) {
    this.onPhone = onPhone;
    this.handoff = null;
    this.reopened = "";
    this.text = h("span");
    this.more = h("button", { class: "more-contact", type: "button", onclick: () => this.reopen() });
    this.banner = h("div", { class: "promise", role: "status", hidden: true }, icon("clock"), h("p", {}, this.text, " ", this.more));
    this.label = h("label", { for: "phone" });
    this.input = h("input", {
      id: "phone", type: "tel", inputmode: "tel", autocomplete: "tel", dir: "ltr", maxlength: "40", "aria-describedby": "phone-error",
    });
    this.save = h("button", { class: "save", type: "submit" });
    this.decline = h("button", { class: "decline", type: "button", onclick: () => this.give(null) });
    this.error = h("p", { class: "error", id: "phone-error", role: "alert" });
    this.form = h(
      "form",
      { class: "contact", novalidate: true, hidden: true, onsubmit: (event) => this.submit(event) },
      this.label,
      h("div", { class: "row" }, this.input, this.save, this.decline),
      this.error,
    );
    this.input.addEventListener("input", () => this.complain(""));
  }

  speak(texts) {
    this.texts = texts;
    setText(this.label, texts.phone.label);
    this.input.placeholder = texts.phone.placeholder;
    setText(this.save, texts.phone.save);
    setText(this.decline, texts.phone.decline);
    this.complain("");
    this.update(this.state);
  }

  /** Show how things stand: the conversation's state, or null. */
  update(state) {
    this.state = state;
    this.handoff = state ? state.handoff : null;
    const { handoff, texts } = this;
    this.banner.hidden = !handoff;
    this.form.hidden = !handoff || (handoff.contact !== "asked" && this.reopened !== handoff.id);
    if (!handoff) return;
    setText(this.text, [this.promise(), handoff.phone_ends ? texts.phone.given(handoff.phone_ends) : ""].join(" ").trim());
    this.more.hidden = !this.form.hidden || handoff.contact === "asked";
    setText(this.more, handoff.contact === "given" ? texts.phone.change : texts.phone.leave);
  }

  promise() {
    const { handoff, texts, state } = this;
    if (state.status === "staff") return handoff.staff ? texts.withStaffNamed(handoff.staff) : texts.withStaff;
    const promised = handoff.promised_at && new Date(handoff.promised_at);
    if (!promised || promised < Date.now()) return texts.waiting;
    const options = { weekday: "long", hour: "numeric", minute: "2-digit", hour12: true, timeZone: CLINIC_TIME };
    return texts.promised(promised.toLocaleString(texts.locale, options));
  }

  reopen() {
    this.reopened = this.handoff.id;
    this.update(this.state);
    this.input.focus();
  }

  submit(event) {
    event.preventDefault();
    const phone = this.input.value.trim();
    if (phone) this.give(phone);
    else this.complain(this.texts.phone.empty);
  }

  async give(phone) {
    this.busy(true);
    const { reopened } = this;
    this.reopened = "";
    try {
      await this.onPhone(phone);
      this.input.value = "";
      this.complain("");
    } catch (error) {
      this.reopened = reopened;
      this.complain(this.wordsFor(error));
    } finally {
      this.busy(false);
    }
  }

  wordsFor(error) {
    const { wrong, later, closed } = this.texts.phone;
    if (!(error instanceof Refusal)) return later;
    return error.code === "closed" ? closed : wrong;
  }

  complain(words) {
    setText(this.error, words);
    this.input.setAttribute("aria-invalid", String(Boolean(words)));
    if (words) this.input.focus();
  }

  busy(isBusy) {
    for (const button of [this.save, this.decline]) button.disabled = isBusy;
  }
}

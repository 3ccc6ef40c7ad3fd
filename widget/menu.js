// What is behind the three dots: staff, privacy, and erasing everything, which is asked twice.

import { h, icon, setText } from "./dom.js";

export class Menu {
  /** @param on staff(), erase() → resolves once it is done, rejects if it could not be */
  constructor(on) {
    this.on = on;
    this.opener = h(
      "button",
      { class: "opener", type: "button", "aria-expanded": "false", "aria-controls": "menu", onclick: () => this.toggle(this.list.hidden) },
      icon("more"),
    );
    this.staff = h("button", { type: "button", class: "staff", onclick: () => this.pick(on.staff) });
    this.privacy = h("p", { class: "privacy" });
    this.policy = h("a", { target: "_blank", rel: "noopener", hidden: true });
    this.eraser = h("button", { type: "button", class: "erase", onclick: () => this.pick(() => this.ask()) });
    this.list = h("div", { class: "menu", id: "menu", hidden: true }, this.staff, this.privacy, this.policy, this.eraser);
    this.buildDialog();
    this.element = h("div", { class: "menu-place" }, this.opener, this.list, this.dialog);
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    this.element.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !this.element.contains(relatedTarget)) this.toggle(false);
    });
  }

  buildDialog() {
    this.question = h("h3", { id: "erase-title" });
    this.consequence = h("p", { id: "erase-text" });
    this.failure = h("p", { class: "error", role: "alert" });
    this.yes = h("button", { type: "button", class: "danger", onclick: () => this.erase() });
    this.no = h("button", { type: "button", autofocus: true, onclick: () => this.dialog.close() });
    this.dialog = h(
      "dialog",
      { role: "alertdialog", "aria-labelledby": "erase-title", "aria-describedby": "erase-text" },
      this.question,
      this.consequence,
      this.failure,
      h("div", { class: "row" }, this.yes, this.no),
    );
    this.dialog.addEventListener("close", () => this.opener.focus());
  }

  speak(texts, policyAddress) {
    this.texts = texts;
    this.opener.setAttribute("aria-label", texts.menu);
    this.opener.title = texts.menu;
    this.staff.replaceChildren(icon("person"), texts.askStaff);
    this.privacy.replaceChildren(icon("shield"), texts.privacy);
    setText(this.policy, texts.policy);
    this.policy.hidden = !policyAddress;
    if (policyAddress) this.policy.href = policyAddress;
    this.eraser.replaceChildren(icon("trash"), texts.erase.offer);
    setText(this.question, texts.erase.question);
    setText(this.consequence, texts.erase.consequence);
    setText(this.yes, texts.erase.yes);
    setText(this.no, texts.erase.no);
  }

  toggle(isOpen) {
    this.list.hidden = !isOpen;
    this.opener.setAttribute("aria-expanded", String(isOpen));
  }

  pick(act) {
    this.toggle(false);
    act();
  }

  onKey(event) {
    if (event.key !== "Escape" || this.list.hidden) return;
    event.stopPropagation(); // it closes the menu and not the whole chat
    this.toggle(false);
    this.opener.focus();
  }

  ask() {
    setText(this.failure, "");
    this.dialog.showModal();
  }

  async erase() {
    this.yes.disabled = true;
    try {
      await this.on.erase();
      this.dialog.close();
    } catch (error) {
      setText(this.failure, this.texts.erase.failed);
    } finally {
      this.yes.disabled = false;
    }
  }
}

// How many replies wait to be read: on the button in the corner, and in the title of a tab that nobody looks at.

import { h } from "./dom.js";

const BADGE = /^\(\d+\+?\) /;

export class Unread {
  constructor() {
    this.badge = h("span", { class: "unread", hidden: true });
  }

  /** @returns what the button is called */
  show(count, texts) {
    const shown = count > 9 ? "9+" : String(count);
    this.badge.hidden = !count;
    this.badge.textContent = shown;
    this.title(document.hidden && count ? shown : "");
    return count ? `${texts.launcher} ${texts.unread(count)}` : texts.launcher;
  }

  title(shown) {
    // The page may have changed its title meanwhile: only our own mark goes.
    const bare = document.title.replace(BADGE, "");
    const title = shown ? `(${shown}) ${bare}` : bare;
    if (document.title !== title) document.title = title;
  }
}

// A panel that fills a phone's screen: it keeps above the soft keyboard, and holds the focus while it is open.

const FILLS = "(max-width: 30rem), (max-height: 26rem)"; // as in styles.js

export class Screen {
  constructor(root, panel) {
    this.root = root;
    this.panel = panel;
    this.fills = matchMedia(FILLS);
    this.fit = () => this.measure();
    panel.addEventListener("keydown", (event) => this.onTab(event));
  }

  /** @param floats it lies over the page; else it has a place in it */
  follow(isOpen, floats) {
    this.isOpen = isOpen;
    this.floats = floats;
    const view = window.visualViewport;
    if (!view) return;
    for (const name of ["resize", "scroll"]) {
      if (isOpen) view.addEventListener(name, this.fit);
      else view.removeEventListener(name, this.fit);
    }
    this.measure();
  }

  /** The visual viewport is what the soft keyboard leaves of the screen. */
  measure() {
    const view = window.visualViewport;
    if (!view) return;
    this.root.style.setProperty("--seen-height", `${Math.round(view.height)}px`);
    this.root.style.setProperty("--seen-top", `${Math.round(view.offsetTop)}px`);
    if (this.isModal) this.panel.setAttribute("aria-modal", "true");
    else this.panel.removeAttribute("aria-modal");
  }

  get isModal() {
    return Boolean(this.isOpen && this.floats && this.fills.matches);
  }

  /** What lies under a screen-filling panel cannot be seen, so Tab does not go there. */
  onTab(event) {
    if (event.key !== "Tab" || !this.isModal) return;
    const all = [...this.panel.querySelectorAll("a[href], button, input, textarea, [tabindex='0']")];
    const stops = all.filter((each) => !each.disabled && each.getClientRects().length);
    const last = event.shiftKey ? stops[0] : stops[stops.length - 1];
    if (this.panel.getRootNode().activeElement !== last) return;
    event.preventDefault();
    (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
  }
}

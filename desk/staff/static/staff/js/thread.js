// The transcript: it stays at its end while the reader is there, whatever comes or opens around it, and does not move
// under a reader who has scrolled up. What the reader had opened stays open when htmx renews a part.
const NEAR_END = 80;
const opened = new Set();
let atEnd = true;
let scrolled = 0;

const thread = () => document.querySelector("#thread");

function stay(box = thread()) {
  if (box) box.scrollTop = atEnd ? box.scrollHeight : scrolled;
}

/** Only who scrolls up leaves the end: an alarm or a taller form that takes height from the box moves nothing. */
function look(box) {
  const isNear = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
  if (isNear || box.scrollTop < scrolled) atEnd = isNear;
  scrolled = box.scrollTop;
}

export function watchThread() {
  const box = thread();
  if (!box) return;
  const sizes = new ResizeObserver(() => stay());
  const line = location.hash.startsWith("#line-") && document.getElementById(location.hash.slice(1));
  if (line) {
    atEnd = false;
    line.scrollIntoView();
    scrolled = box.scrollTop;
  } else stay(box);
  sizes.observe(box);
  // It does not bubble; the box is another one after each renewal.
  document.addEventListener("scroll", ({ target }) => target.id === "thread" && look(target), { capture: true, passive: true });
  document.body.addEventListener("htmx:oobBeforeSwap", () => {
    opened.clear();
    for (const details of document.querySelectorAll("details[open][id]")) opened.add(details.id);
  });
  document.body.addEventListener("htmx:oobAfterSwap", ({ detail }) => {
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    if (detail.target.id !== "thread") return;
    stay();
    sizes.disconnect();
    sizes.observe(thread());
  });
}

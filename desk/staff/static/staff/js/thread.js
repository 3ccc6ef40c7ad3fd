// The transcript: it stands at its end, and what the reader had opened stays open when htmx renews a part.
const NEAR_END = 80;
const opened = new Set();
let atEnd = true;
let scrolled = 0;

const thread = () => document.querySelector("#thread");

function toEnd() {
  const box = thread();
  if (box) box.scrollTop = box.scrollHeight;
}

export function watchThread() {
  if (!thread()) return;
  if (location.hash.startsWith("#line-")) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  else toEnd();
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    const old = event.detail.target;
    if (old.id === "thread") {
      scrolled = old.scrollTop;
      atEnd = old.scrollHeight - old.scrollTop - old.clientHeight < NEAR_END;
    }
    opened.clear();
    for (const details of document.querySelectorAll("details[open][id]")) opened.add(details.id);
  });
  document.body.addEventListener("htmx:oobAfterSwap", (event) => {
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    if (event.detail.target.id !== "thread") return;
    if (atEnd) toEnd();
    else thread().scrollTop = scrolled;
  });
}

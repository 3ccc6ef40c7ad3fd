// The live stream: tells htmx when to look again. A hidden tab looks again when it is shown; alarms never wait.
const tell = (name) => document.body.dispatchEvent(new CustomEvent(name));
let missed = false;

function changed() {
  tell("staff:live");
  if (document.hidden) missed = true;
  else tell("staff:changed");
}

function show(mark, connected) {
  mark.textContent = connected ? mark.dataset.live : mark.dataset.lost;
  mark.classList.toggle("lost", !connected);
}

export function openStream(address, hear) {
  const mark = document.querySelector(".live-mark");
  const source = new EventSource(address);
  source.addEventListener("desk", (event) => {
    show(mark, true);
    hear(JSON.parse(event.data));
    changed();
  });
  // The login has ended: the page that is asked for again says so.
  source.addEventListener("ended", () => {
    source.close();
    location.assign(location.pathname + location.search);
  });
  source.addEventListener("error", () => {
    show(mark, false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => openStream(address, hear), 5000);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !missed) return;
    missed = false;
    tell("staff:changed");
  });
}

// What the staff pages add to plain HTML and htmx: the live stream, tab badge, sound, drafts.
import { showCount } from "./badge.js";
import { watchComposer } from "./composer.js";
import { Sound } from "./sound.js";
import { openStream } from "./stream.js";
import { watchThread } from "./thread.js";
import { watchPresence } from "./presence.js";

const sound = new Sound(document.querySelector("button.sound"));
let newest = null;

function hear(summary) {
  showCount(summary.waiting);
  for (const place of document.querySelectorAll("[data-count=open]")) {
    place.textContent = summary.open;
    place.hidden = summary.open === 0;
  }
  if (newest !== null && summary.newest !== newest) sound.chime();
  newest = summary.newest;
  sound.alarm(summary.alarms > 0);
}

openStream(document.body.dataset.stream, hear);
watchComposer();
watchThread();
watchPresence(document.body.dataset.stillHere);

// One key for each act. An element with data-key="KeyR" is clicked (or, a field, focused) when that key is pressed;
// one inside the current item comes first. Keys are places on the keyboard, so that an Arabic layout works too.
const FIELDS = "input, textarea, select";

const items = () => [...document.querySelectorAll(".review-item")].filter((item) => item.offsetParent);

function current() {
  const focused = document.activeElement?.closest(".review-item");
  return focused ?? document.querySelector(".review-item.is-current") ?? (items().length === 1 ? items()[0] : null);
}

function go(step) {
  const all = items();
  const next = all[all.indexOf(current()) + step];
  if (!next) return;
  document.querySelector(".review-item.is-current")?.classList.remove("is-current");
  next.classList.add("is-current");
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function act(element) {
  element.closest("details.verdict-box")?.setAttribute("open", "");
  if (element.matches(FIELDS)) element.focus();
  else element.click();
}

function withKey(key) {
  const wanted = `[data-key="${key}"]`;
  return current()?.querySelector(wanted) ?? [...document.querySelectorAll(wanted)].find((found) => !found.closest(".review-item"));
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches(FIELDS)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  const key = "?؟".includes(event.key) || event.shiftKey ? `Shift+${event.code}` : event.code;
  const element = withKey(key);
  if (element) act(element);
  else if (key === "KeyJ") go(1);
  else if (key === "KeyP") go(-1);
  else if (key === "KeyO" && current()?.href) current().click();
  else return;
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const name = event.target.closest("[data-show]")?.dataset.show;
  if (name) document.getElementById(name).showModal();
});

// On a phone the tabs are wider than the screen: the current one is in sight.
document.querySelector(".tabs [aria-current=page]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A permalink points at one message: the keys are for it.
document.querySelector(`.review-item[id="${CSS.escape(location.hash.slice(1))}"]`)?.classList.add("is-current");
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "queue") document.querySelector("#queue .review-item")?.focus();
});

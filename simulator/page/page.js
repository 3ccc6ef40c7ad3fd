// The page: phones of patients beside the switches that break things. All state comes from the simulator.
import { TEXTS } from "./texts.js";
import { drawChat } from "./chat.js";

const parameters = new URLSearchParams(location.search);
const view = { language: parameters.get("lang") === "en" ? "en" : "ar", phone: parameters.get("phone"), state: null };
const $ = (id) => document.getElementById(id);
const words = () => TEXTS[view.language];
const current = () => view.state?.phones.find((phone) => phone.id === view.phone) ?? view.state?.phones[0];

async function call(path, body) {
  const response = await fetch(path, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) console.warn((await response.json()).error);
}
const act = (body) => call(`/api/phones/${current().id}`, body);

function drawWords() {
  document.documentElement.lang = view.language;
  document.documentElement.dir = view.language === "ar" ? "rtl" : "ltr";
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = words()[node.dataset.text];
  for (const node of document.querySelectorAll("[data-placeholder]")) node.placeholder = words()[node.dataset.placeholder];
  for (const node of document.querySelectorAll("[data-title]")) {
    node.title = words()[node.dataset.title];
    node.setAttribute("aria-label", node.title);
  }
  $("language").textContent = words().other_language;
}

function draw() {
  if (!view.state) return;
  const phone = current();
  $("people").replaceChildren(...view.state.phones.map(personItem));
  $("presence").textContent = phone?.typing ? words().typing : words().online;
  $("presence").classList.toggle("typing", Boolean(phone?.typing));
  if (phone) drawChat($("chat"), phone, words(), { act, openSheet });
  drawFaults();
  drawTally();
  $("clock").textContent = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

function personItem(phone) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-current", String(phone.id === current()?.id));
  const avatar = Object.assign(document.createElement("span"), { className: "avatar", textContent: [...phone.name][0] });
  const name = Object.assign(document.createElement("strong"), { textContent: phone.name });
  const number = Object.assign(document.createElement("bdi"), { textContent: phone.number });
  const both = document.createElement("span");
  both.append(name, number);
  button.append(avatar, both);
  button.onclick = () => {
    view.phone = phone.id;
    closeSheet();
    draw();
    act({ act: "read" });
  };
  item.append(button);
  return item;
}

function drawFaults() {
  for (const field of $("faults").elements) {
    if (field === document.activeElement) continue;
    const value = view.state.faults[field.name];
    if (field.type === "checkbox") field.checked = Boolean(value);
    else field.value = String(value);
  }
}

function drawTally() {
  const rows = ["posted", "acknowledged", "last_status"].flatMap((name) => [
    Object.assign(document.createElement("dt"), { textContent: words()[name] }),
    Object.assign(document.createElement("dd"), { textContent: String(view.state.tally[name]) }),
  ]);
  $("tally").replaceChildren(...rows);
}

// A sheet from below: the attachments, a list's rows, what can be done with a message.
function openSheet(title, items) {
  const heading = Object.assign(document.createElement("p"), { className: "sheet-title", textContent: title });
  const buttons = items.map(({ label, detail, run }) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(Object.assign(document.createElement("span"), { textContent: label, dir: "auto" }));
    if (detail) button.append(Object.assign(document.createElement("small"), { textContent: detail, dir: "auto" }));
    button.onclick = () => {
      closeSheet();
      run();
    };
    return button;
  });
  const close = Object.assign(document.createElement("button"), { type: "button", className: "sheet-close", textContent: words().close });
  close.onclick = closeSheet;
  $("sheet").replaceChildren(heading, ...buttons, close);
  $("sheet").hidden = false;
  buttons[0]?.focus();
}

function closeSheet() {
  $("sheet").hidden = true;
}

$("language").onclick = () => {
  view.language = view.language === "ar" ? "en" : "ar";
  drawWords();
  draw();
};
$("attach").onclick = () => {
  const media = ["image", "audio", "video", "document", "sticker"].map((kind) => ({
    label: words()[kind],
    run: () => {
      const caption = ["image", "video", "document"].includes(kind) ? $("text").value.trim() : "";
      if (caption) $("text").value = "";
      act({ act: "media", kind, caption });
    },
  }));
  const others = ["location", "contacts", "unsupported", "hologram"].map((kind) => ({
    label: words()[kind],
    run: () => act({ act: "other", kind }),
  }));
  openSheet(words().attach, [...media, ...others, { label: words().change_number, run: () => act({ act: "change_number" }) }]);
};
$("compose").onsubmit = (event) => {
  event.preventDefault();
  const text = $("text").value;
  if (!text.trim()) return;
  $("text").value = "";
  act({ act: "write", text });
};
$("text").onkeydown = (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    $("compose").requestSubmit();
  }
};
$("faults").onchange = (event) => {
  const field = event.target;
  call("/api/faults", { [field.name]: field.type === "checkbox" ? field.checked : Number(field.value) });
};
$("add").onsubmit = (event) => {
  event.preventDefault();
  const form = event.target;
  call("/api/phones", { name: form.name.value, shares_number: !form.username.checked });
  form.reset();
};

drawWords();
new EventSource("/api/events").onmessage = (event) => {
  view.state = JSON.parse(event.data);
  draw();
};

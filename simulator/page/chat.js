// The chat on one phone: bubbles, ticks, buttons, reactions.
import { marked } from "./markup.js";

const TICKS = { pending: "🕓", sent: "✓", delivered: "✓✓", read: "✓✓", failed: "!" };
const ICONS = { audio: "🎤", video: "🎬", document: "📄", sticker: "💟", location: "📍", contacts: "👤", unsupported: "📊", hologram: "✨" };
const EMOJI = ["👍", "👎", "❤️", "🙏"];
const SHOWN = new WeakMap();

export function drawChat(list, phone, words, tools) {
  const key = JSON.stringify([phone.id, phone.typing, words.title, phone.bubbles]);
  if (SHOWN.get(list) === key) return;
  SHOWN.set(list, key);
  const items = phone.bubbles.map((bubble, place) => bubbleItem(bubble, phone.bubbles[place - 1], words, tools));
  const day = row("day", words.today);
  const content = phone.bubbles.length ? [day, ...items] : [row("hint", words.empty)];
  if (phone.typing) content.push(typingItem());
  list.replaceChildren(...content);
  list.scrollTop = list.scrollHeight;
}

function row(className, text) {
  const item = document.createElement("li");
  item.className = className;
  item.append(Object.assign(document.createElement("span"), { textContent: text }));
  return item;
}

function typingItem() {
  const item = document.createElement("li");
  item.className = "theirs first";
  const dots = Object.assign(document.createElement("div"), { className: "bubble dots" });
  dots.append(...[1, 2, 3].map(() => document.createElement("i")));
  item.append(dots);
  return item;
}

function bubbleItem(bubble, before, words, tools) {
  const item = document.createElement("li");
  item.className = bubble.mine ? "mine" : "theirs";
  if (before?.mine !== bubble.mine) item.classList.add("first");
  const box = Object.assign(document.createElement("div"), { className: "bubble", tabIndex: 0 });
  box.setAttribute("role", "group");
  if (bubble.deleted) {
    box.append(Object.assign(document.createElement("em"), { className: "deleted", textContent: `🚫 ${words.deleted}` }));
  } else {
    box.append(...content(bubble, words));
  }
  box.append(footer(bubble, words));
  box.ondblclick = () => tools.openSheet(words.react, actions(bubble, words, tools));
  box.onkeydown = (event) => event.key === "Enter" && box.ondblclick();
  item.append(box);
  if (bubble.reaction) item.append(Object.assign(document.createElement("span"), { className: "reaction", textContent: bubble.reaction }));
  if (bubble.buttons.length) item.append(buttons(bubble, tools));
  if (bubble.rows.length) item.append(listButton(bubble, tools));
  return item;
}

function content(bubble, words) {
  const nodes = [];
  if (bubble.type === "image") {
    const picture = Object.assign(document.createElement("img"), { src: `/media/${bubble.media_id}`, alt: words.image });
    nodes.push(picture);
  } else if (ICONS[bubble.type]) {
    const label = bubble.filename || words[bubble.type];
    const attached = Object.assign(document.createElement("div"), { className: "attached" });
    attached.append(
      Object.assign(document.createElement("span"), { textContent: ICONS[bubble.type] }),
      Object.assign(document.createElement("span"), { textContent: label }),
    );
    nodes.push(attached);
    if (!bubble.media_id) return nodes;
  }
  if (bubble.text) {
    const text = Object.assign(document.createElement("div"), { className: "text" });
    text.append(marked(bubble.text));
    nodes.push(text);
  }
  return nodes;
}

function footer(bubble, words) {
  const line = Object.assign(document.createElement("span"), { className: "meta" });
  if (bubble.edited && !bubble.deleted) line.append(`${words.edited} `);
  const time = new Date(bubble.at * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  line.append(time);
  if (bubble.mine) {
    const ticks = Object.assign(document.createElement("span"), { className: `ticks ${bubble.ticks}`, textContent: TICKS[bubble.ticks] });
    line.append(" ", ticks);
  }
  return line;
}

function buttons(bubble, tools) {
  const box = Object.assign(document.createElement("div"), { className: "buttons" });
  for (const { id, title } of bubble.buttons) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: `↩ ${title}`, dir: "auto" });
    button.onclick = () => tools.act({ act: "choose", choice: id });
    box.append(button);
  }
  return box;
}

function listButton(bubble, tools) {
  const box = Object.assign(document.createElement("div"), { className: "buttons" });
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: `☰ ${bubble.list_button}` });
  button.onclick = () =>
    tools.openSheet(
      bubble.list_button,
      bubble.rows.map(({ id, title, description }) => ({
        label: title,
        detail: description,
        run: () => tools.act({ act: "choose", choice: id }),
      })),
    );
  box.append(button);
  return box;
}

function actions(bubble, words, tools) {
  if (bubble.mine) {
    const edit = () => {
      const text = prompt(words.edit_prompt, bubble.text);
      if (text?.trim()) tools.act({ act: "edit", wamid: bubble.wamid, text });
    };
    return [
      ...(bubble.type === "text" ? [{ label: words.edit, run: edit }] : []),
      { label: words.delete, run: () => tools.act({ act: "delete", wamid: bubble.wamid }) },
    ];
  }
  const react = (emoji) => ({ label: emoji || words.unreact, run: () => tools.act({ act: "react", wamid: bubble.wamid, emoji }) });
  return [...EMOJI.map(react), react("")];
}

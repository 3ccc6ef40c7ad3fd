// Building elements without innerHTML: text stays text, whatever somebody wrote.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const PATHS = {
  leaf: "M12 21c-5-2-8-6-8-11 0-3 1-5 2-7 2 1 4 2 6 4 2-2 4-3 6-4 1 2 2 4 2 7 0 5-3 9-8 11zM12 20V9",
  send: "M4 12 20 4l-5 16-3.5-6.5zM11.500 13.500 20 4",
  close: "M6 6l12 12M18 6 6 18",
  chat: "M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zM8 10h8M8 13h5",
  check: "M5 13l4 4L19 7",
  down: "M6 10l6 6 6-6",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM5 20c1-4 4-5 7-5s6 1 7 5",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

// What the clinic writes may hold addresses and numbers to call; what patients write is never made a link.
const LINKS = /https?:\/\/[^\s<>"«»،؛]+|\+\d[\d ()-]{6,}\d|\b(?:997|911)\b/g;
const TRAILING = /[.,:;!?؟)]+$/;

export function linked(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(LINKS)) {
    const shown = match[0].replace(TRAILING, "");
    parts.push(text.slice(from, match.index), link(shown));
    from = match.index + shown.length;
  }
  parts.push(text.slice(from));
  return parts;
}

function link(shown) {
  const isAddress = shown.startsWith("http");
  // dir: a number or an address reads left to right, also inside an Arabic sentence.
  return isAddress
    ? h("a", { href: shown, target: "_blank", rel: "noopener noreferrer", dir: "ltr" }, shown)
    : h("a", { href: `tel:${shown.replace(/[^\d+]/g, "")}`, dir: "ltr" }, shown);
}

// A text as WhatsApp shows it: *bold*, _italic_, ~struck~, and addresses as links. Builds nodes, never HTML.
const PATTERN = /(https?:\/\/[^\s]+)|(?<![\p{L}\p{N}])([*_~])(?=\S)([^\n]+?)(?<=\S)\2(?![\p{L}\p{N}])/gu;
const TAGS = { "*": "strong", _: "em", "~": "s" };

export function marked(text) {
  const lines = document.createDocumentFragment();
  for (const line of text.split("\n")) {
    const row = document.createElement("span");
    row.className = "line";
    row.dir = "auto";
    row.append(...inline(line));
    lines.append(row);
  }
  return lines;
}

function inline(line) {
  const nodes = [];
  let at = 0;
  for (const found of line.matchAll(PATTERN)) {
    nodes.push(line.slice(at, found.index));
    const node = document.createElement(found[1] ? "a" : TAGS[found[2]]);
    node.textContent = found[1] ?? found[3];
    if (found[1]) node.href = found[1];
    nodes.push(node);
    at = found.index + found[0].length;
  }
  nodes.push(line.slice(at) || (nodes.length ? "" : "\u00a0"));
  return nodes;
}

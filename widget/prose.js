// A message's text as it stands on the screen: each paragraph in its own direction, foreign words and numbers kept
// together, digits as the patient writes them, addresses and numbers to call as links. The stored text is unchanged.

import { h } from "./dom.js";

const ARABIC = /[\u0620-\u064a\u066e-\u06d3\ufb50-\ufdff\ufe70-\ufefc]+/g;
const LATIN = /[A-Za-z\u00c0-\u024f]+/g;
// Arabic with some English in it ("Derma Pen آمن؟") is still Arabic, whichever word comes first.
const ARABIC_WORDS_PER_LATIN = 0.5;

// "Derma Pen 1.5 mm": words, numbers and what joins them.
const LATIN_RUN = /[A-Za-z0-9\u00c0-\u024f](?:[\w\u00c0-\u024f'’.,:%+&/-]*[\w\u00c0-\u024f%+])?(?: +[A-Za-z0-9\u00c0-\u024f](?:[\w\u00c0-\u024f'’.,:%+&/-]*[\w\u00c0-\u024f%+])?)*/g;

// What the clinic writes may hold addresses and numbers to call; what patients write is never made a link.
const D = "[0-9\u0660-\u0669]";
const LINKS = new RegExp(
  [
    "https://[^\\s<>\"«»،؛]+",
    "[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+",
    `\\+${D}(?:[ ()-]?${D}){7,14}`, // international
    `(?<!${D})(?:[0٠](?:[ -]?${D}){8,9}|[9٩][2٢][0٠][0٠](?: ?${D}){5})(?!${D})`, // 05..., 011..., 9200...
    `(?<!${D})(?:997|911|٩٩٧|٩١١)(?!${D}|[ ]*(?:ريال|SAR|SR|%))`,
  ].join("|"),
  "g",
);
const TRAILING = /[.,:;!?؟)]+$/;

/** @returns an element for each line, with the line breaks between them, for whoever reads or copies the text */
export function prose(text, { links = false, arabicDigits = false } = {}) {
  return text.split("\n").flatMap((line, index) => [...(index ? ["\n"] : []), paragraph(line, links, arabicDigits)]);
}

function paragraph(line, links, arabicDigits) {
  if (!line.trim()) return h("div", { class: "gap" }, h("br"));
  const dir = directionOf(line);
  const isPoint = /^[•-] /.test(line);
  const plain = (part) => (dir === "rtl" ? isolated(part, arabicDigits) : [part]);
  return h("div", { dir, class: isPoint ? "point" : null }, ...(links ? linked(line, plain) : plain(line)));
}

export function directionOf(text) {
  const arabic = (text.match(ARABIC) || []).length;
  const latin = (text.match(LATIN) || []).length;
  if (!arabic && !latin) return "auto";
  return arabic >= latin * ARABIC_WORDS_PER_LATIN && arabic ? "rtl" : "ltr";
}

/** Inside Arabic: each run with Latin letters on its own, left to right; other digits as the patient writes them. */
function isolated(text, arabicDigits) {
  return split(text, LATIN_RUN, (run) => (/[A-Za-z\u00c0-\u024f]/.test(run) ? h("bdi", { dir: "ltr" }, run) : null), (part) => [
    arabicDigits ? inArabicDigits(part) : part,
  ]);
}

function linked(text, plain) {
  return split(text, LINKS, link, plain);
}

/** Cut `text` at the matches; what `make` declines (null) stays with the text around it. */
function split(text, pattern, make, plain) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const shown = match[0].replace(TRAILING, "");
    const made = make(shown);
    if (!made) continue;
    if (match.index > from) parts.push(...plain(text.slice(from, match.index)));
    parts.push(made);
    from = match.index + shown.length;
  }
  if (from < text.length) parts.push(...plain(text.slice(from)));
  return parts;
}

function link(shown) {
  // dir: a number or an address reads left to right, also inside an Arabic sentence.
  if (shown.startsWith("https:")) return h("a", { href: shown, target: "_blank", rel: "noopener noreferrer", dir: "ltr" }, shown);
  if (shown.includes("@")) return h("a", { href: `mailto:${shown}`, dir: "ltr" }, shown);
  return h("a", { href: `tel:${inLatinDigits(shown).replace(/[^\d+]/g, "")}`, dir: "ltr" }, shown);
}

export function inLatinDigits(text) {
  return text.replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15));
}

export function inArabicDigits(text) {
  return text
    .replace(/(\d)\.(?=\d)/g, "$1٫")
    .replace(/(\d),(?=\d{3})/g, "$1٬")
    .replace(/(\d)%/g, "$1٪")
    .replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit)));
}

// The look. Every colour and size that a clinic may want to change is a variable on the element itself.

const CSS = `
:host {
  --accent: var(--derma-chat-accent, #11655f);
  --accent-deep: var(--derma-chat-accent-deep, #0b4b47);
  --accent-soft: var(--derma-chat-accent-soft, #e3f0ed);
  --surface: var(--derma-chat-surface, #fffdfa);
  --sand: var(--derma-chat-sand, #f7f1e7);
  --sand-deep: var(--derma-chat-sand-deep, #e8dcc8);
  --ink: var(--derma-chat-ink, #1f302f);
  --ink-soft: var(--derma-chat-ink-soft, #566562);
  --danger: var(--derma-chat-danger, #9a2d20);
  --on-accent: var(--derma-chat-on-accent, #fff);
  --line: var(--derma-chat-line, #6b8a84);
  --radius: var(--derma-chat-radius, 20px);
  --font: var(--derma-chat-font, "Segoe UI", "SF Arabic", -apple-system, BlinkMacSystemFont, Roboto, "Noto Sans",
    "Noto Sans Arabic", "Dubai", Tahoma, Arial, sans-serif);
  --gap: var(--derma-chat-gap, 1.25rem);
  display: block;
  color-scheme: light;
}
:host([hidden]) { display: none; }
:host([open]) { block-size: min(42rem, 90vh); min-inline-size: 0; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.root { font: 400 1rem/1.65 var(--font); color: var(--ink); }
.embedded { block-size: 100%; }
.sr {
  position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; padding: 0; border: 0;
  overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
button, input, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
button { cursor: pointer; background: none; border: 0; padding: 0; }
button:disabled { opacity: .6; cursor: default; }
p, h2, h3 { margin: 0; }
a { color: inherit; text-underline-offset: .2em; }
.icon { inline-size: 1.35em; block-size: 1.35em; fill: none; stroke: currentColor; stroke-width: 1.7;
  stroke-linecap: round; stroke-linejoin: round; flex: none; display: block; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }

/* the frame */
.panel {
  display: flex; flex-direction: column; block-size: 100%; min-block-size: 0; overflow: hidden;
  background: var(--surface); border: 1px solid var(--sand-deep); border-radius: calc(var(--radius) + 6px);
  box-shadow: 0 1px 2px rgb(31 48 47 / 6%), 0 18px 48px rgb(31 48 47 / 13%);
}
.root:not(.embedded) .panel {
  position: fixed; z-index: 2147483000; inset-block-end: var(--gap); inset-inline-end: var(--gap);
  inline-size: min(25rem, calc(100vw - 2rem)); block-size: min(42rem, calc(100vh - 2rem));
}
header {
  display: flex; align-items: center; gap: .75rem; padding: .9rem 1rem; color: var(--on-accent);
  background: linear-gradient(120deg, var(--accent-deep), var(--accent));
}
.titles { flex: 1; min-inline-size: 0; }
header :focus-visible { outline-color: #fff; }
.mark { display: grid; place-items: center; inline-size: 2.75rem; block-size: 2.75rem; flex: none;
  border-radius: 50%; background: rgb(255 255 255 / 14%); border: 1px solid rgb(255 255 255 / 30%); }
h2 { font-size: 1.06rem; line-height: 1.45; font-weight: 650; }
.subtitle { font-size: .8rem; line-height: 1.5; color: #e6f1ee; text-wrap: balance; }
.language { flex: none; padding: .3rem .8rem; min-block-size: 2.25rem; border: 1px solid rgb(255 255 255 / 55%);
  border-radius: 99px; font-size: .85rem; line-height: 1.4; }
.close, .opener { display: grid; place-items: center; inline-size: 2.5rem; block-size: 2.5rem; border-radius: 50%; flex: none; }
.opener { margin-inline: -.35rem -.5rem; }
.close { margin-inline-end: -.35rem; }
.opener .icon { stroke-width: 3; }
.language:hover, .close:hover, .opener:hover, .opener[aria-expanded="true"] { background: rgb(255 255 255 / 15%); }
.menu-place { position: relative; flex: none; }
.menu { position: absolute; z-index: 2; inset-block-start: calc(100% + .5rem); inset-inline-end: -.5rem;
  inline-size: min(18.5rem, 78vw); padding: .5rem; border-radius: 16px; font-size: .95rem; color: var(--ink);
  background: var(--surface); border: 1px solid var(--sand-deep); box-shadow: 0 14px 40px rgb(31 48 47 / 22%); }
.menu :focus-visible { outline-color: var(--accent); }
.menu button { display: flex; align-items: center; gap: .65rem; inline-size: 100%; min-block-size: 2.75rem; padding: .35rem .7rem;
  border-radius: 10px; text-align: start; }
.menu button:hover { background: var(--accent-soft); }
.menu .icon { inline-size: 1.2em; block-size: 1.2em; color: var(--accent); }
.menu .erase, .menu .erase .icon { color: var(--danger); }
.menu .privacy { padding: .55rem .7rem; margin-block: .25rem; border-block: 1px solid var(--sand-deep); }
.menu > a { display: block; padding: .5rem .7rem; color: var(--accent-deep); }
.privacy { display: flex; gap: .65rem; align-items: flex-start; font-size: .85rem; line-height: 1.6; color: var(--ink-soft); }
.privacy .icon { inline-size: 1.2em; block-size: 1.2em; margin-block-start: .2em; color: var(--accent); }
dialog { inline-size: min(24rem, calc(100vw - 2rem)); padding: 1.4rem; border: 0; border-radius: 20px; color: var(--ink);
  background: var(--surface); box-shadow: 0 24px 80px rgb(11 40 38 / 40%); }
dialog::backdrop { background: rgb(11 40 38 / 50%); }
h3 { font-size: 1.12rem; line-height: 1.5; font-weight: 650; }
dialog p { margin-block-start: .5rem; color: var(--ink-soft); }
dialog .row { margin-block-start: 1.2rem; flex-wrap: wrap; }
.row { display: flex; gap: .5rem; }
.row > button { min-block-size: 2.6rem; padding: .3rem 1.1rem; border: 1px solid var(--line); border-radius: 99px;
  font-size: .95rem; color: var(--accent-deep); }
.row > button:hover { background: var(--accent-soft); }
.row > .danger { color: #fff; border-color: var(--danger); background: var(--danger); }
.row > .danger:hover { background: #7c2219; }
.error { color: var(--danger); font-size: .85rem; line-height: 1.6; }
.error:empty { display: none; }
.emergency { padding: .45rem 1rem; font-size: .82rem; line-height: 1.6; text-align: center;
  background: var(--sand); border-block-end: 1px solid var(--sand-deep); }
.emergency a { font-weight: 700; color: var(--danger); padding-inline: .15em; unicode-bidi: isolate; }

/* while staff have it */
.promise { display: flex; gap: .6rem; padding: .55rem 1rem; font-size: .88rem; line-height: 1.6; color: var(--accent-deep);
  background: var(--accent-soft); border-block-end: 1px solid #c9dfda; }
.promise .icon { inline-size: 1.25em; block-size: 1.25em; margin-block-start: .2em; }
.more-contact { color: inherit; text-decoration: underline; text-underline-offset: .25em; min-block-size: 1.5rem; }
.contact { padding: .7rem .9rem .8rem; border-block-start: 1px solid var(--sand-deep); background: var(--surface); }
.contact label { display: block; font-size: .88rem; line-height: 1.6; margin-block-end: .35rem; }
.contact .row { flex-wrap: wrap; }
.contact input { flex: 1 1 8rem; min-inline-size: 0; min-block-size: 2.6rem; padding: .3rem .9rem; border: 1.5px solid var(--line);
  border-radius: 99px; background: #fff; }
[dir="rtl"] .contact input { text-align: right; }
.contact input::placeholder { color: #64736f; opacity: 1; }
.contact input[aria-invalid="true"] { border-color: var(--danger); }
.contact .save { color: var(--on-accent); border-color: var(--accent); background: var(--accent); }
.contact .save:hover { background: var(--accent-deep); }
.contact .error { margin-block-start: .35rem; }

/* the conversation */
.middle { position: relative; flex: 1; min-block-size: 0; display: flex; }
.log { flex: 1; min-inline-size: 0; overflow-y: auto; overscroll-behavior: contain; padding: 1.1rem 1rem 1rem;
  scrollbar-width: thin; scrollbar-color: var(--sand-deep) transparent; }
.log:focus-visible { outline-offset: -3px; }
.item { display: flex; flex-direction: column; align-items: flex-start; margin-block-start: .3rem; }
.item.first { margin-block-start: 1rem; }
.rows > .item:first-child { margin-block-start: 0; }
.patient { align-items: flex-end; }
.day { align-self: center; margin-block: .35rem .8rem; padding: .1rem .8rem; border-radius: 99px; font-size: .76rem;
  color: var(--ink-soft); background: var(--sand); }
.who { font-size: .78rem; color: var(--ink-soft); margin-inline: .4rem; margin-block-end: .2rem; }
.staff .who { color: var(--accent-deep); font-weight: 650; }
.words {
  max-inline-size: min(86%, 34rem); padding: .6rem .95rem; border: 1px solid transparent; border-radius: var(--radius);
  background: var(--sand); overflow-wrap: anywhere; text-align: start;
}
.words > div { white-space: pre-wrap; unicode-bidi: isolate; }
.words > .gap { line-height: .7; }
.words > .point { padding-inline-start: 1em; text-indent: -.9em; margin-block: .2em; }
bdi, .words a { unicode-bidi: isolate; text-indent: 0; }
.words a { font-weight: 600; color: var(--accent-deep); }
/* The small corner follows the interface, not the message's own direction: so it is named by side. */
[dir="rtl"] > .panel .first:not(.patient) .words, [dir="ltr"] > .panel .first.patient .words { border-top-right-radius: 6px; }
[dir="ltr"] > .panel .first:not(.patient) .words, [dir="rtl"] > .panel .first.patient .words { border-top-left-radius: 6px; }
.patient .words { background: var(--accent); color: var(--on-accent); }
.staff .words { background: var(--accent-soft); border-color: #b9d8d2; }
.system .words { background: var(--surface); border-color: var(--sand-deep); }
.failed .words, .refused .words { background: var(--surface); color: var(--ink); border: 1px dashed var(--danger); }
.meta { display: flex; flex-wrap: wrap; align-items: center; gap: .15rem .45rem; margin-inline: .45rem; margin-block-start: .15rem;
  font-size: .76rem; line-height: 1.6; color: var(--ink-soft); }
.quiet .meta { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
.state:empty { display: none; }
.state .icon { inline-size: 1.1em; block-size: 1.1em; stroke-width: 2.4; color: var(--accent); }
.failed .state, .refused .state { color: var(--danger); }
.retry { min-block-size: 1.9rem; padding: 0 .8rem; border: 1px solid currentColor; border-radius: 99px; color: var(--danger); }
.retry:hover { background: #fbeeea; }
.rating { display: inline-flex; gap: .1rem; }
.thumb { display: grid; place-items: center; inline-size: 2rem; block-size: 2rem; border-radius: 50%; color: var(--ink-soft); }
.thumb .icon { inline-size: 1.3em; block-size: 1.3em; stroke-width: 1.8; }
.down .icon { transform: rotate(180deg); }
.thumb:hover { background: var(--accent-soft); }
.thumb[aria-pressed="true"] { color: var(--accent-deep); background: var(--accent-soft); }
.thumb[aria-pressed="true"] .icon { fill: currentColor; fill-opacity: .3; }
.welcome .words { max-inline-size: 100%; background: var(--sand); white-space: pre-wrap; }
.welcome .privacy { margin: .7rem .4rem 0; }
.welcome { padding-block-end: .2rem; }
.welcome.used { padding-block-end: 1.1rem; }
.welcome.used .choices { display: none; }
.choices { display: flex; flex-wrap: wrap; gap: .5rem; margin-block-start: .8rem; }
.choices:empty { display: none; }
.choices button {
  padding: .4rem 1rem; min-block-size: 2.5rem; border: 1px solid var(--accent); border-radius: 99px; text-align: start;
  color: var(--accent-deep); background: var(--surface); line-height: 1.45; font-size: .95rem; max-inline-size: 100%;
}
.choices button:hover { background: var(--accent-soft); }
.dots { display: inline-flex; gap: .3rem; margin-block-start: .9rem; padding: .85rem 1rem; border-radius: var(--radius);
  background: var(--sand); }
.dots i { inline-size: .45rem; block-size: .45rem; border-radius: 50%; background: var(--ink-soft); opacity: .45; }
.newer { position: absolute; inset-block-end: .6rem; inset-inline: 0; margin-inline: auto; inline-size: max-content;
  display: flex; align-items: center; gap: .35rem; padding: .3rem .9rem; min-block-size: 2.25rem; border-radius: 99px;
  font-size: .85rem; color: #fff; background: var(--accent-deep); box-shadow: 0 4px 14px rgb(31 48 47 / 25%); }

/* writing */
.notice { padding: .4rem 1rem; font-size: .85rem; text-align: center; color: var(--ink);
  background: var(--sand); border-block-start: 1px solid var(--sand-deep); }
.notice.warning { background: #fbf0dc; border-color: #e5cfa4; }
.notice:empty, .count:empty { display: none; }
.composer { padding: .7rem .8rem .3rem; border-block-start: 1px solid var(--sand-deep); background: var(--surface); }
.field { display: flex; align-items: flex-end; gap: .4rem; padding: .3rem; padding-inline-start: .9rem;
  border: 1.5px solid var(--line); border-radius: 26px; background: #fff; }
.field:focus-within { border-color: var(--accent); box-shadow: 0 0 0 3px rgb(17 101 95 / 20%); }
textarea { flex: 1; min-inline-size: 0; resize: none; border: 0; outline: 0; background: none; padding: .45rem 0;
  line-height: 1.55; min-block-size: 2.5rem; max-block-size: 8.6rem; overflow-y: auto; scrollbar-width: thin; }
textarea:focus-visible { outline: 0; } /* the field around it shows the focus */
textarea::placeholder { color: #64736f; opacity: 1; }
.send { display: grid; place-items: center; inline-size: 2.75rem; block-size: 2.75rem; flex: none; border-radius: 50%;
  color: var(--accent); background: var(--accent-soft); }
.ready .send { color: #fff; background: var(--accent); }
.ready .send:hover { background: var(--accent-deep); }
[dir="rtl"] .send .icon { transform: scaleX(-1); }
.count { font-size: .8rem; padding: .2rem .9rem 0; color: var(--ink-soft); }
.count.over { color: var(--danger); }
.panel > .staff { align-self: center; display: inline-flex; align-items: center; gap: .4rem; padding: .2rem .9rem;
  min-block-size: 2.25rem; margin-block-end: .35rem; border-radius: 99px; font-size: .85rem; color: var(--accent-deep);
  text-decoration: underline; text-decoration-color: #a9c9c3; text-underline-offset: .3em; }
.panel > .staff:hover { background: var(--accent-soft); }
.panel > .staff .icon { inline-size: 1.15em; block-size: 1.15em; }

/* the button in the corner */
.launcher { position: fixed; z-index: 2147483000; inset-block-end: var(--gap); inset-inline-end: var(--gap); display: flex;
  align-items: center; gap: .55rem; padding: .7rem 1.25rem; min-block-size: 3.25rem; border-radius: 99px; color: #fff;
  font-weight: 600; background: var(--accent); box-shadow: 0 8px 26px rgb(11 75 71 / 32%); }
.launcher:hover { background: var(--accent-deep); }
.opened .launcher { display: none; }
.unread { display: grid; place-items: center; min-inline-size: 1.5rem; block-size: 1.5rem; padding-inline: .35rem;
  border-radius: 99px; font-size: .8rem; color: var(--danger); background: #fff; }

/* as in screen.js */
@media (max-width: 30rem), (max-height: 26rem) {
  header { gap: .6rem; padding: .7rem .8rem; }
  .mark { inline-size: 2.4rem; block-size: 2.4rem; }
  .log { padding-inline: .8rem; }
  .root:not(.embedded) .panel { inset: var(--seen-top, 0) 0 auto; inline-size: auto; block-size: var(--seen-height, 100vh);
    border: 0; border-radius: 0; }
}
@media (max-height: 26rem) { .emergency, .panel > .staff { display: none; } }
@media (max-width: 26rem) { .mark { display: none; } h2 { font-size: 1rem; } }
@media (prefers-reduced-motion: no-preference) {
  .item, .choices button { animation: rise .22s ease-out; }
  .dots i { animation: breathe 1.3s ease-in-out infinite; }
  .dots i:nth-child(2) { animation-delay: .18s; }
  .dots i:nth-child(3) { animation-delay: .36s; }
  button { transition: background-color .15s; }
}
@keyframes rise { from { opacity: 0; transform: translateY(6px); } }
@keyframes breathe { 40% { opacity: 1; transform: translateY(-2px); } }
@media (forced-colors: active) {
  .words, .choices button, .launcher, .send, .dots, .thumb[aria-pressed="true"] { border: 1px solid; }
}
@media print { .launcher, form, .rating, .panel > .staff { display: none; } }
`;

let sheet = null;

/** One sheet for every chat of the page. Constructed in script: the page's policy allows no inline style. */
export function styleSheet() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}

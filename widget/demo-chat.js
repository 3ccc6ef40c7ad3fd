// How this page uses the chat: in its place beside the headline where there is room, else as a button in the corner
// (everywhere with ?chat=corner). The buttons of the page ask it a question.
const chat = document.querySelector("derma-chat");
const inCorner = new URLSearchParams(location.search).get("chat") === "corner";
const hasRoom = matchMedia("(min-width: 56rem)").matches;
chat.toggleAttribute("open", hasRoom && !inCorner);

for (const button of document.querySelectorAll("[data-ask]")) {
  button.addEventListener("click", () => chat.ask(button.dataset.ask));
}

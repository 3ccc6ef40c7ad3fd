// Writing: drafts survive a reload and a new login in this tab, Ctrl+Enter sends, canned replies go where the cursor is.
const draftOf = (field) => `desk-draft-${field.form.dataset.draft}`;
const fields = () => document.querySelectorAll("form[data-draft] textarea");

function restore() {
  for (const field of fields()) {
    if (!field.value) field.value = sessionStorage.getItem(draftOf(field)) ?? "";
    if (field.value) field.closest("details")?.setAttribute("open", "");
  }
}

function insert(text) {
  const field = document.querySelector("#reply-text");
  const before = field.value && !field.value.endsWith("\n") && field.selectionEnd === field.value.length ? "\n" : "";
  field.setRangeText(before + text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function clear(event) {
  for (const field of fields()) {
    if (field.form.dataset.clearedBy !== event.type) continue;
    field.value = "";
    sessionStorage.removeItem(draftOf(field));
  }
}

function tellOffline() {
  const line = document.createElement("p");
  line.className = "error";
  line.textContent = document.body.dataset.offline;
  document.querySelector("#told").replaceChildren(line);
}

export function watchComposer() {
  restore();
  document.addEventListener("input", (event) => {
    if (event.target.matches("form[data-draft] textarea")) {
      sessionStorage.setItem(draftOf(event.target), event.target.value);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("form[data-draft] textarea")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
    if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  });
  document.addEventListener("click", (event) => {
    const text = event.target.closest("[data-insert]")?.dataset.insert;
    if (text !== undefined) insert(text);
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (text !== undefined || !menu.contains(event.target)) menu.open = false;
    }
  });
  for (const done of ["staff:sent", "staff:noted"]) document.body.addEventListener(done, clear);
  document.body.addEventListener("htmx:oobAfterSwap", restore);
  for (const failed of ["htmx:sendError", "htmx:responseError"]) {
    document.body.addEventListener(failed, (event) => {
      if (event.detail.requestConfig.verb === "post") tellOffline();
    });
  }
  // Drafts are a patient's business: they do not stay behind for who logs in next.
  document.querySelector("form.log-out")?.addEventListener("submit", () => sessionStorage.clear());
}

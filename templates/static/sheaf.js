// What a script may add where one runs: every page works without it.
"use strict";

// Something to copy into another system gets a button that copies it.
for (const fact of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain copy";
  button.textContent = fact.dataset.copy;
  button.setAttribute("aria-describedby", fact.id);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(fact.textContent.trim());
      button.textContent = fact.dataset.copied;
    } catch {
      getSelection().selectAllChildren(fact); // the clipboard is closed to pages without https: leave it selected
    }
    setTimeout(() => { button.textContent = fact.dataset.copy; }, 2000);
  });
  fact.after(" ", button);
}

// A box in a table's head ticks all boxes of its column.
for (const all of document.querySelectorAll("input[type=checkbox][data-all]")) {
  all.closest("[hidden]")?.removeAttribute("hidden");
  const boxes = () => document.querySelectorAll(`input[type=checkbox][name="${CSS.escape(all.dataset.all)}"]`);
  all.addEventListener("change", () => { for (const box of boxes()) box.checked = all.checked; });
}

// A page that tells how far something has come is looked at again while it goes on; what has the focus keeps it.
const living = document.querySelector("[data-refresh]");
if (living) {
  const again = setInterval(async () => {
    if (document.hidden || living.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById(living.id);
      if (!answer.ok || !found) return;
      living.replaceChildren(...found.childNodes);
      if (!("refresh" in found.dataset)) clearInterval(again);
    } catch {
      clearInterval(again); // the server is away; the link on the page still leads on
    }
  }, Math.max(2, Number(living.dataset.refresh) || 5) * 1000);
}

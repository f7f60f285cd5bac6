"use strict";

const PAUSE = 2000;
let asked = 0;
let wasLost = false;

// A document that DOMParser reads runs no script and loads nothing.
function read(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

function show(main) {
  const old = document.querySelector("main");
  if (!main || main.innerHTML === old.innerHTML) return;
  const focused = document.activeElement && document.activeElement.id;
  old.replaceWith(document.importNode(main, true));
  const again = focused && document.getElementById(focused);
  if (again) again.focus();
}

function say(from) {
  const place = document.getElementById("said");
  place.setAttribute("role", from.getAttribute("role"));
  place.textContent = from.textContent;
}

function state(text) {
  document.getElementById("state").textContent = text;
}

// An answer that was overtaken by a later question is said, but its Rollouts are not shown.
async function ask(body) {
  const number = ++asked;
  try {
    const answer = await fetch("/", body ? { method: "POST", body } : {});
    const found = read(await answer.text());
    const said = found.getElementById("said");
    if (!said) {
      state("This page is not served any more: open the address that was printed.");
    } else {
      const isLost = answer.status === 502;
      if (body || isLost || wasLost) say(said);
      wasLost = isLost;
      if (number !== asked || isLost) return;
      show(found.querySelector("main"));
      state(`as of ${new Date().toLocaleTimeString()}`);
    }
  } catch (error) {
    state("No answer: is the command still running?");
  }
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = event.submitter;
  if ("confirm" in button.dataset && !window.confirm(`${button.getAttribute("aria-label")}?`)) return;
  ask(new URLSearchParams(new FormData(event.target, button)));
});

setInterval(() => {
  if (!document.hidden) ask();
}, PAUSE);

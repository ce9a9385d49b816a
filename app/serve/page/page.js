"use strict";
// The library's script opens the terminal and its socket as soon as it is there. This one gives it the address, waits
// for the fonts (a terminal measures its cells once), and says in words why a console came to its end.

const ENDS = {
  1001: ["The server has ended.", "Runs go on without it. Start gonogo serve again, then open this page again."],
  4000: ["You have left the console.", "Runs go on without it."],
  4001: ["The console came to an unexpected end.", "Runs go on without it."],
  4002: ["No more consoles: as many are open as this server allows.", "Close a tab that you do not need."],
};
const OTHERWISE = ["The server does not answer.", "It has ended, or the connection broke. Runs go on without it."];

const find = (id) => document.getElementById(id);

function tell([what, why], more) {
  find("what").textContent = what;
  find("why").textContent = more ? `${why} (${more})` : why;
  find("again").hidden = false;
  document.body.classList.add("-over");
  find("again").focus();
}

const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("open", () => document.querySelector(".xterm-helper-textarea").focus());
    this.addEventListener("close", (event) => tell(ENDS[event.code] || OTHERWISE, event.reason));
  }

  send(data) {
    if (this.readyState === Plain.OPEN) super.send(data);
  }
};

function openTerminal() {
  const script = document.createElement("script");
  script.src = "/static/js/textual.js";
  script.addEventListener("load", () => document.readyState === "complete" && window.onload());
  document.head.append(script);
}

find("again").addEventListener("click", () => location.reload());
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
history.replaceState(null, "", "/"); // the library would take other things to do from the query
find("terminal").dataset.sessionWebsocketUrl = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
const fonts = ["15px 'Roboto Mono'", "bold 15px 'Roboto Mono'"].map((font) => document.fonts.load(font, "go\u28ff"));
Promise.allSettled(fonts).then(openTerminal);

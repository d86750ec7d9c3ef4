// The list of calls: the lengths of live calls go on counting between two looks at the server.

import { clock } from "./numbers.js";

const started = new WeakMap();

setInterval(() => {
  for (const length of document.querySelectorAll("[data-since]")) {
    if (!started.has(length)) started.set(length, performance.now() - (Date.parse(length.dataset.now) - Date.parse(length.dataset.since)));
    length.textContent = clock(performance.now() - started.get(length));
  }
}, 500);

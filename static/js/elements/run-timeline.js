// <run-timeline>: the tool calls of one message, how each stands and what it gave. Set `calls`.

import { h, icon, inReadingOrder, shown, titled } from "./dom.js";

const WORDS = {
  proposed: ["idle", "clock", "Begins"],
  pending_approval: ["warn", "shield-check", "Waits for a yes"],
  pending_frontend: ["warn", "browser", "Waits for you"],
  executing: ["live", "pulse", "Running"],
  succeeded: ["ok", "check", "Success"],
  failed: ["bad", "x", "Failed"],
  rejected: ["idle", "minus", "Rejected"],
  expired: ["warn", "clock", "Expired"],
  cancelled: ["idle", "minus", "Cancelled"],
};

class RunTimeline extends HTMLElement {
  #shown = new Map();

  set calls(calls) {
    this.className = "stack s";
    for (const call of calls) {
      const known = this.#shown.get(call.id);
      if (known?.call === call) continue;
      const row = line(call);
      if (known) {
        row.open = known.row.open;
        known.row.replaceWith(row);
      } else this.append(row);
      this.#shown.set(call.id, { call, row });
    }
  }
}

function line(call) {
  const [tone, name, word] = WORDS[call.status] ?? WORDS.proposed;
  const { decision, reason, changes = [] } = call.approval ?? {};
  // What a no tells the model is no word to the person who said it.
  const message = call.status === "rejected" && decision === "rejected" ? reason && `Reason: ${reason}` : call.result?.message;
  const data = call.result?.data;
  const edited = (changes ?? []).map(({ path, before, after }) => `${inReadingOrder(path)}: ${given(before)} → ${given(after)}`);
  return h("details", { className: "run" },
    h("summary", {},
      h("span", { className: "run-name" }, icon(call.external ? "browser" : "tools", "sm"), titled(call.name)),
      h("span", { className: "pill", dataset: { tone } }, icon(name), word),
      icon("chevron-down", "sm")),
    h("div", { className: "run-body" },
      h("pre", { className: "code wrap" }, shown(call.arguments)),
      edited.length ? h("p", { className: "small" }, `Changed before it ran: ${edited.join("; ")}`) : null,
      message ? h("p", { className: "small", dir: "auto" }, message) : null,
      data !== undefined && data !== null ? h("pre", { className: "code wrap" }, shown(data)) : null));
}

function given(value) {
  return value === null || value === undefined ? "nothing" : shown(value);
}

customElements.define("run-timeline", RunTimeline);

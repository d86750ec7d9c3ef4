// <tool-inbox>: what waits for the person: questions about calls, and tools that this page carries out.
// Set `conversation`. A registered tool may bring a `view(call, {answer, refuse})`.

import "./approval-card.js";
import { button, h, icon, shown, titled, uniqueId } from "./dom.js";

class ToolInbox extends HTMLElement {
  #cards = new Map();

  set conversation(conversation) {
    this.talk = conversation;
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", "Waits for you");
    this.setAttribute("aria-live", "polite");
    this.className = "stack";
    conversation.addEventListener("change", () => this.#draw());
    this.#draw();
  }

  #draw() {
    const waiting = this.talk.pending.filter((call) => !this.#runsAlone(call));
    const open = new Set(waiting.map((call) => `${call.id} ${call.status}`));
    for (const [key, card] of this.#cards) {
      const focused = !open.has(key) && !card.hidden && card.contains(document.activeElement);
      const answering = this.talk.answering.has(key.slice(0, key.lastIndexOf(" ")));
      card.hidden = !open.has(key); // an answer that fails brings it back as it was
      if (card.hidden && !answering) {
        card.remove();
        this.#cards.delete(key);
      }
      if (focused) this.dispatchEvent(new CustomEvent("closed", { bubbles: true }));
    }
    for (const call of waiting) {
      const key = `${call.id} ${call.status}`;
      const card = this.#cards.get(key);
      if (card) {
        if ("call" in card.constructor.prototype) card.call = call;
        continue;
      }
      const made = call.status === "pending_approval" ? this.#question(call) : this.#tool(call);
      this.#cards.set(key, made);
      this.append(made);
    }
    this.hidden = !waiting.length;
  }

  #runsAlone(call) {
    return call.status === "pending_frontend" && this.talk.tools.get(call.name)?.auto;
  }

  #question(call) {
    const card = document.createElement("approval-card");
    card.conversation = this.talk;
    card.call = call;
    return card;
  }

  #tool(call) {
    const tool = this.talk.tools.get(call.name);
    const problem = h("p", { className: "error", role: "alert", hidden: true });
    const tell = (work) => work.catch((error) => {
      problem.hidden = false;
      problem.replaceChildren(icon("x", "sm"), error.message);
    });
    const answer = (result) => tell(this.talk.answer(call.id, { result }));
    const refuse = (reason = "") => tell(this.talk.answer(call.id, { approved: false, reason }));
    const id = uniqueId("tool");
    const body = tool?.view ? tool.view(call, { answer, refuse }) : this.#plain(call, tool, refuse, tell);
    return h("section", { className: "card", "aria-labelledby": id },
      h("div", { className: "card-head" }, h("div", { className: "row nowrap" },
        h("span", { className: "tile", dataset: { kind: "frontend" } }, icon("browser")),
        h("div", {}, h("h2", { id, dir: "auto" }, tool?.title?.(call) ?? titled(call.name)),
          h("p", { className: "tiny" }, tool ? `${titled(call.name)}, a tool of this page` : "This page has no such tool.")))),
      h("div", { className: "card-body stack" }, body, problem));
  }

  #plain(call, tool, refuse, tell) {
    const given = h("pre", { className: "code wrap" }, shown(call.arguments));
    const run = tool && button(tool.label ?? "Go on", { className: "btn sm primary", name: "play", onclick: () => tell(this.talk.runTool(call.id)) });
    const no = button("Not now", { className: "btn sm quiet", onclick: () => refuse() });
    return [given, h("div", { className: "actions" }, run, no)];
  }
}

customElements.define("tool-inbox", ToolInbox);

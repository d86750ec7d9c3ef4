// The chat page: draws what the conversation says, sends what is written, loses nothing that was typed.

import { AgentClient, connect, newId } from "./toolkit.js";
import { registerPageTools } from "./page-tools.js";
import { h } from "./elements/dom.js";
import "./elements/run-timeline.js";
import "./elements/tool-inbox.js";

const root = document.getElementById("chat");
if (root) start();

function start() {
  const { agent, name, threadId } = root.dataset;
  const talk = connect({ agent, threadId });
  const list = root.querySelector("[data-messages]");
  const earlier = root.querySelector("[data-earlier]");
  const inbox = root.querySelector("tool-inbox");
  const form = document.getElementById("composer");
  const message = document.getElementById("message");
  const stop = form.querySelector("[data-stop]");
  const problem = root.querySelector("[data-problem]");
  const rows = new Map();
  let unsent = null; // {text, id}: a message of which it is not certain that it arrived
  let nearEnd = true;

  registerPageTools(talk);
  talk.addEventListener("change", () => {
    nearEnd = innerHeight + scrollY > document.documentElement.scrollHeight - 160; // before anything is drawn
  });
  inbox.conversation = talk;
  inbox.addEventListener("closed", () => message.focus());
  talk.addEventListener("change", draw);
  talk.addEventListener("line", ({ detail }) => line(detail));
  addEventListener("pagehide", ({ persisted }) => persisted || talk.close()); // whoever comes back finds it as it was
  offerTools();

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(message.value);
  });
  message.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send(message.value);
  });
  stop.addEventListener("click", () => talk.cancel().catch(complain));
  problem.querySelector("[data-retry]").addEventListener("click", () => send(unsent?.text ?? message.value));

  async function send(text) {
    if (!text.trim()) return;
    problem.hidden = true;
    if (message.value === text) message.value = ""; // what was written since stays
    const id = unsent?.text === text ? unsent.id : newId();
    try {
      await sent(text, id);
      unsent = null;
      const { searchParams } = new URL(location.href);
      if (searchParams.get("thread") !== talk.threadId) history.replaceState(null, "", `?thread=${encodeURIComponent(talk.threadId)}`);
    } catch (error) {
      unsent = { text, id };
      message.value ||= text;
      complain(error);
      draw();
    }
  }

  // What is written while the agent answers goes out as soon as it has answered.
  async function sent(text, id) {
    for (;;) {
      await rested();
      try {
        return await talk.send(text, { id });
      } catch (error) {
        if (error.problem?.code !== "busy") throw error;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  }

  function rested() {
    if (talk.state.status !== "running") return null;
    return new Promise((resolve) => {
      const look = () => {
        if (talk.state.status === "running") return;
        talk.removeEventListener("change", look);
        resolve();
      };
      talk.addEventListener("change", look);
    });
  }

  function complain(error) {
    problem.hidden = false;
    problem.querySelector("p").textContent = error.message;
    problem.querySelector("[data-retry]").hidden = !unsent;
  }

  function draw() {
    const { earlier: untold, messages, calls, status, error } = talk.state;
    earlier.hidden = !untold;
    earlier.textContent = `${untold} earlier ${untold === 1 ? "message is" : "messages are"} not shown here.`;
    messages.forEach((each, index) => drawMessage(each, index, calls, status));
    for (const [index, row] of rows) {
      if (index >= messages.length) {
        row.item.remove();
        rows.delete(index);
      }
    }
    const stopping = document.activeElement === stop;
    stop.hidden = status !== "running";
    if (stopping && stop.hidden) message.focus(); // the place of whoever pressed it is not lost
    root.setAttribute("aria-busy", String(status === "running"));
    if (unsent && messages.some(({ clientId }) => clientId === unsent.id)) arrived();
    if (error && status === "failed") complain(error);
    if (nearEnd) scrollTo({ top: document.documentElement.scrollHeight });
    const thread = document.querySelector("[data-thread]");
    thread.hidden = !messages.length;
    thread.querySelector(".mono").textContent = talk.threadId.slice(0, 18);
  }

  // Only the answer to its request was lost.
  function arrived() {
    if (message.value === unsent.text) message.value = "";
    unsent = null;
    problem.hidden = true;
  }

  function drawMessage(each, index, calls, status) {
    let row = rows.get(index);
    if (row && row.role !== each.role) {
      row.item.remove();
      row = undefined;
    }
    if (!row) {
      const words = h("p", { className: "bubble", dir: "auto" });
      const item = h("li", { className: each.role === "user" ? "me" : "" }, h("span", { className: "tiny" }, each.role === "user" ? "You" : name), words);
      list.append(item);
      row = { item, words, role: each.role };
      rows.set(index, row);
    }
    const writing = Boolean(each.pieces) && status === "running";
    if (row.text !== each.text || row.writing !== writing) {
      row.words.replaceChildren(each.text, ...(writing ? [h("span", { className: "caret" })] : []));
      row.words.hidden = !each.text && !writing;
      Object.assign(row, { text: each.text, writing });
    }
    if (each.calls.length) {
      row.timeline ??= row.item.appendChild(document.createElement("run-timeline"));
      row.timeline.calls = each.calls.map((id) => calls[id]);
    }
  }

  function line({ state, error }) {
    const shown = document.querySelector("[data-line]");
    shown.hidden = state === "on";
    shown.textContent = state === "reconnecting" ? "Connecting again…" : "";
    if (error) complain(error);
  }

  // Whoever may build tools can add this page's own with one click, where they are missing.
  async function offerTools() {
    if (!("mayBuild" in root.dataset)) return;
    const client = new AgentClient();
    const known = new Set();
    let path = `/api/v1/tools/frontend?agent_id=${encodeURIComponent(agent)}&page_size=200`;
    while (path) {
      const { tools, next } = await client.api.json(path, undefined, "GET");
      for (const tool of tools) known.add(tool.name);
      path = next && next.slice(new URL(next).origin.length);
    }
    const brought = JSON.parse(document.getElementById("page-tools").textContent);
    const missing = brought.filter((tool) => !known.has(tool.name));
    const notice = root.querySelector("[data-missing]");
    notice.hidden = !missing.length;
    notice.querySelector("[data-add]").addEventListener("click", async ({ target }) => {
      target.disabled = true;
      try {
        for (const tool of missing) await client.registerFrontendTool({ tool });
        notice.hidden = true;
      } catch (error) {
        target.disabled = false;
        complain(error);
      }
    });
  }
}

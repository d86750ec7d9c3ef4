// <live-call>: the page of one call goes on where the server's rendering stopped, until the call has ended.

import { Meter } from "./meter.js";
import { clock, duration } from "./numbers.js";
import { Score } from "./score.js";
import { LiveSocket } from "./socket.js";

const FINAL_CALL = new Set(["completed", "busy", "no-answer", "failed", "canceled"]);
const NEAR_END = 120;

class LiveCall extends HTMLElement {
  connectedCallback() {
    if (FINAL_CALL.has(this.dataset.status)) return;
    this.piece = (name) => this.querySelector(`[data-${name}]`);
    const clone = (selector) => this.querySelector(selector).content.cloneNode(true);
    this.reason = (name) => (this.querySelector(`template[data-reason="${CSS.escape(name)}"]`)?.content.textContent ?? "");
    this.callStatus = (name) => clone(`template[data-call-status="${CSS.escape(name)}"]`);
    this.score = new Score(this.piece("score"), {
      row: (name) => clone(`template[data-new="${name}"]`).firstElementChild,
      toolIcon: (name) => this.querySelector(`template[data-tool-type="${CSS.escape(name ?? "")}"]`)?.content.cloneNode(true),
      runStatus: (name) => clone(`template[data-run-status="${CSS.escape(name)}"]`),
    });
    this.meters = {};
    this.fresh = 0;
    this.follow = true;
    this.#keepTime();
    this.#keepPlace();
    this.socket = new LiveSocket(this.dataset.socket, Number(this.dataset.seq));
    this.socket.addEventListener("frame", ({ detail }) => this.#take(detail));
    this.socket.addEventListener("line", ({ detail }) => this.#line(detail));
    this.socket.start();
    this.piece("line").hidden = false;
  }

  disconnectedCallback() {
    this.socket?.stop();
    clearInterval(this.ticking);
    this.unplace?.();
  }

  #take({ type, data }) {
    const change = {
      "transcript.delta": () => this.score.spoken(data, false),
      "transcript.completed": () => this.score.spoken(data, true),
      "execution.updated": () => this.score.run(data),
      "call.updated": () => this.#call(data),
      "audio.level": () => this.#levels(data),
    }[type]?.();
    if (!change) return;
    this.piece("nothing").hidden = true;
    if (type === "transcript.completed") this.#announce(change.row);
    if (change.isNew) change.row.dataset.new = "";
    this.#facts();
    this.#place(change.isNew);
  }

  #call(data) {
    const status = data.status;
    if (FINAL_CALL.has(this.dataset.status) && !FINAL_CALL.has(status)) return null;
    this.dataset.status = status;
    this.piece("call-pill").replaceChildren(this.callStatus(status));
    for (const element of this.querySelectorAll("[data-while-in-progress]")) element.hidden = status !== "in-progress";
    let change = null;
    if (data.answered_at && !this.dataset.answeredAt) {
      this.dataset.answeredAt = data.answered_at;
      change = this.score.event("answered", 0, "Answered");
    }
    if (!FINAL_CALL.has(status)) return change;
    const word = this.reason(data.ended_reason ?? "") || this.piece("call-pill").textContent;
    const ending = data.ended_detail ? `${word}: ${data.ended_detail}` : word;
    change = this.score.event("ended", data.duration_ms ?? 0, ending);
    this.#over(ending, data.duration_ms ?? 0);
    return change;
  }

  #over(ending, ms) {
    clearInterval(this.ticking);
    this.piece("clock").textContent = clock(ms);
    this.piece("ending").textContent = ending;
    this.piece("ending").hidden = false;
    for (const element of this.querySelectorAll("[data-while-live], [data-audio]")) element.hidden = true;
    for (const element of this.querySelectorAll("[data-once-over]")) element.hidden = false;
    for (const caret of this.querySelectorAll("[data-caret]")) caret.hidden = true;
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    // The counts around the page would go on counting this call.
    for (const count of document.querySelectorAll("[data-live-calls]")) count.hidden = true;
    this.#line({ state: "ended" });
    this.piece("announce").textContent = `The call has ended. ${ending}`;
    // Words that were on their way may still come; then the line is not needed any more.
    this.closing = setTimeout(() => this.socket.stop(), 15000);
  }

  #levels({ caller_db, assistant_db, speaking }) {
    this.piece("audio").hidden = false;
    for (const [side, db] of Object.entries({ caller: caller_db, assistant: assistant_db })) {
      this.meters[side] ??= new Meter(this.querySelector(`[data-level="${side}"]`), this.querySelector(`[data-db="${side}"]`), side === "assistant");
      this.meters[side].push(db);
    }
    const word = { caller: "Caller speaks", assistant: "Assistant speaks", both: "Both speak" }[speaking] ?? "Silence";
    this.piece("speaks-word").textContent = word;
    this.piece("speaks").dataset.tone = word === "Silence" ? "idle" : "live";
    return null;
  }

  #line({ state, wait }) {
    const line = this.piece("line");
    const over = FINAL_CALL.has(this.dataset.status);
    if (over) state = "ended";
    line.hidden = over;
    line.dataset.state = state;
    this.piece("line-word").textContent = {
      on: "Live",
      reconnecting: `Connection lost, reconnecting${wait > 1500 ? ` in ${Math.round(wait / 1000)} s` : ""}`,
      refused: "You are signed out: sign in again and reload",
      ended: "Ended",
    }[state];
    if (state === "refused") line.dataset.state = "paused";
  }

  #announce(row) {
    const speaker = row.querySelector(".speaker > span").textContent;
    this.piece("announce").textContent = `${speaker}: ${row.querySelector("[data-heard]").textContent}`;
  }

  #facts() {
    const fact = (name, text) => (this.querySelector(`[data-fact="${name}"]`).textContent = text);
    const going = this.score.count("run", (row) => ["running", "queued", "pending"].includes(row.dataset.status));
    fact("interruptions", this.score.count("spoken", (row) => row.dataset.status === "interrupted"));
    fact("runs", `${this.score.count("run")}${going ? `, ${going} running` : ""}`);
    const waits = [...this.score.rows.values()].map((row) => row.dataset.latency).filter((wait) => wait !== undefined).map(Number).sort((a, b) => a - b);
    if (waits.length) fact("first-word", `${duration(waits[Math.floor(waits.length / 2)])}, typical`);
  }

  #keepTime() {
    // The server's clock counts; this computer's may be wrong by minutes.
    const ahead = Date.now() - Date.parse(this.dataset.now);
    const tick = () => {
      if (this.dataset.answeredAt) this.piece("clock").textContent = clock(Date.now() - ahead - Date.parse(this.dataset.answeredAt));
    };
    tick();
    this.ticking = setInterval(tick, 500);
  }

  // New words scroll into view unless the reader has scrolled up; then a button counts them.
  #keepPlace() {
    const atEnd = () => this.piece("score").getBoundingClientRect().bottom <= innerHeight + NEAR_END;
    const look = () => {
      this.follow = atEnd();
      if (this.follow) this.#caughtUp();
    };
    addEventListener("scroll", look, { passive: true });
    this.unplace = () => removeEventListener("scroll", look);
    this.piece("newer")?.addEventListener("click", () => {
      this.follow = true;
      this.#caughtUp();
      this.#scroll();
    });
    look();
  }

  #place(isNew) {
    if (this.follow) return this.#scroll();
    if (isNew) this.fresh += 1;
    if (!this.fresh) return;
    this.piece("newer").hidden = false;
    this.piece("newer-word").textContent = `${this.fresh} new ${this.fresh === 1 ? "line" : "lines"}`;
  }

  #scroll() {
    const over = this.piece("log").parentElement.getBoundingClientRect().bottom - innerHeight + 16;
    if (over > 0) scrollBy({ top: over, behavior: "instant" });
  }

  #caughtUp() {
    this.fresh = 0;
    if (this.piece("newer")) this.piece("newer").hidden = true;
  }
}

customElements.define("live-call", LiveCall);

// The score of a call: one row per utterance, tool run and event, kept in order while they arrive in any.
// All words are set as text, never as markup. Placement follows calls/reading/score.py.

import { inReadingOrder, shown } from "./elements/dom.js";
import { clock, duration, words } from "./numbers.js";

const FINAL_ITEM = new Set(["completed", "interrupted", "failed"]);
const FINAL_RUN = new Set(["success", "error", "timeout", "cancelled", "denied"]);

export class Score {
  constructor(list, templates) {
    this.list = list;
    this.templates = templates;
    this.rows = new Map();
    for (const row of list.children) this.rows.set(`${row.dataset.row} ${row.dataset.id}`, row);
  }

  // Each method returns {row, isNew, isFinal}, or null where a late frame has nothing to add.
  spoken(data, isFinal) {
    const { row, isNew } = this.#row("spoken", data.item_id, data.role === "caller" ? "caller" : "assistant", data);
    if (!isFinal && FINAL_ITEM.has(row.dataset.status)) return null;
    if (!isNew) this.#move(row, data);
    const status = isFinal && data.status === "in_progress" ? "completed" : data.status;
    row.dataset.status = status;
    const set = (name, text) => (row.querySelector(`[data-${name}]`).textContent = text);
    const show = (name, on) => (row.querySelector(`[data-${name}]`).hidden = !on);
    const cut = status === "interrupted" ? split(data.text, data.heard_text ?? "") : null;
    set("heard", cut ? cut.heard : data.text);
    set("unheard", cut ? cut.unheard : "");
    show("unheard", Boolean(cut?.unheard));
    show("caret", !FINAL_ITEM.has(status));
    show("note", Boolean(cut) || status === "failed");
    if (cut) set("note-text", `Interrupted: the caller heard ${cut.heardWords} of ${cut.words} ${cut.words === 1 ? "word" : "words"}`);
    else if (status === "failed") set("note-text", "These words could not be made out");
    if (data.latency_ms) {
      row.dataset.latency = data.latency_ms;
      set("lat", duration(data.latency_ms));
    }
    return { row, isNew, isFinal: FINAL_ITEM.has(status) };
  }

  run(data) {
    const { row, isNew } = this.#row("run", data.execution_id, "run", data);
    if (FINAL_RUN.has(row.dataset.status) && !FINAL_RUN.has(data.status)) return null;
    row.dataset.status = data.status;
    const part = (name) => row.querySelector(`[data-${name}]`);
    const text = (name, value) => {
      part(name).textContent = value;
      part(name).hidden = !value;
    };
    part("name").textContent = inReadingOrder(data.display_name || data.tool_name);
    const icon = this.templates.toolIcon(data.tool_type);
    if (icon) part("icon").replaceChildren(icon);
    part("pill").replaceChildren(this.templates.runStatus(data.status));
    part("duration").textContent = duration(data.duration_ms);
    if (data.input_parameters !== undefined) part("arguments").textContent = pretty(data.input_parameters);
    if (data.output_result !== undefined) text("answer", pretty(data.output_result));
    text("message", data.message ?? "");
    part("error").hidden = !data.error_code;
    part("error-code").textContent = data.error_code ?? "";
    part("going").hidden = FINAL_RUN.has(data.status);
    return { row, isNew, isFinal: FINAL_RUN.has(data.status) };
  }

  event(key, atMs, text) {
    const { row, isNew } = this.#row("event", key, "event", { at_ms: atMs });
    row.querySelector("[data-text]").textContent = text;
    return { row, isNew, isFinal: true };
  }

  count(kind, test = () => true) {
    return [...this.rows.values()].filter((row) => row.dataset.row === kind && test(row)).length;
  }

  #row(kind, id, template, data) {
    const key = `${kind} ${id}`;
    const known = this.rows.get(key);
    if (known) return { row: known, isNew: false };
    const row = this.templates.row(template);
    const atMs = data.at_ms ?? this.#lastAt();
    row.dataset.id = id;
    row.dataset.at = atMs;
    if (kind === "spoken") row.dataset.position = data.position;
    row.querySelector("time").textContent = clock(atMs);
    this.rows.set(key, row);
    this.list.append(row);
    this.#order();
    return { row, isNew: true };
  }

  // Words come before their sound: when it is heard, and what it follows, is known only then.
  #move(row, { at_ms: at = row.dataset.at, position = row.dataset.position }) {
    if (Number(at) === Number(row.dataset.at) && Number(position) === Number(row.dataset.position)) return;
    Object.assign(row.dataset, { at, position });
    row.querySelector("time").textContent = clock(Number(at));
    this.#order();
  }

  // Rows that stand right are left alone, so that focus and open details stay.
  #order() {
    let next = this.list.firstElementChild;
    for (const row of place([...this.list.children])) {
      if (row === next) next = next.nextElementSibling;
      else this.list.insertBefore(row, next);
    }
  }

  #lastAt() {
    return Math.max(0, ...[...this.list.children].map((row) => Number(row.dataset.at)));
  }
}

// Utterances by position; runs and events after the last row that had begun by then.
function place(rows) {
  const by = (name) => (a, b) => Number(a.dataset[name]) - Number(b.dataset[name]);
  const isSpoken = (row) => row.dataset.row === "spoken";
  const placed = rows.filter(isSpoken).sort(by("position"));
  for (const other of rows.filter((row) => !isSpoken(row)).sort(by("at"))) {
    const last = placed.findLastIndex((row) => Number(row.dataset.at) <= Number(other.dataset.at));
    placed.splice(last + 1, 0, other);
  }
  return placed;
}

// Which words were heard: the heard text where it begins the whole one, else as many words from its start.
export function split(text, heardText) {
  const heard = heardText.trim();
  const all = words(text);
  const count = words(heard).length;
  if (text.startsWith(heard)) return { heard, unheard: text.slice(heard.length).trimEnd(), heardWords: count, words: all.length };
  return { heard: all.slice(0, count).join(" "), unheard: all.slice(count).map((word) => ` ${word}`).join(""), heardWords: Math.min(count, all.length), words: all.length };
}

const pretty = (value) => (value === null || value === undefined ? "" : shown(value));

// <approval-card>: a question about one call: its arguments, an edit with its difference, yes or no.
// Set `call` and `conversation`.

import "./schema-form.js";
import { button, h, icon, inReadingOrder, shown, titled, uniqueId } from "./dom.js";

const REMEMBER = [["once", "Only this once"], ["conversation", "In this conversation"], ["always", "Always"]];

class ApprovalCard extends HTMLElement {
  set call(call) {
    const known = this.shownCall?.id === call.id && this.shownCall.approval?.id === call.approval?.id; // told after the call
    this.shownCall = call;
    if (!known) this.#draw(call);
  }

  connectedCallback() {
    this.timer = setInterval(() => this.#count(), 1000);
    this.#count();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  #draw(call) {
    const id = uniqueId("approval");
    const staff = call.approval?.waitsFor === "staff";
    this.total = 0;
    this.bar = h("progress", { max: 100, value: 100, "aria-label": `Time left for ${titled(call.name)}` });
    this.left = h("span", { className: "deadline" });
    const head = h("div", { className: "card-head" },
      h("div", { className: "row nowrap" },
        h("span", { className: "tile", dataset: { kind: "frontend" } }, icon("shield-check")),
        h("div", {}, h("h2", { id, tabindex: -1 }, titled(call.name)),
          h("p", { className: "tiny" }, staff ? "Waits for somebody of the staff." : "The assistant asks for your yes."))),
      this.left);
    const article = h("article", { className: "card approval", role: "alertdialog", "aria-labelledby": id },
      this.bar, head, h("div", { className: "card-body stack" }, staff ? [asked(call)] : this.#choices(call)));
    this.replaceChildren(article);
  }

  #choices(call) {
    this.list = asked(call);
    this.form = h("schema-form", { hidden: true, plain: true });
    const { properties = {}, required = [] } = call.approval?.schema ?? {};
    const given = Object.fromEntries(Object.keys(call.arguments).map((name) => [name, {}]));
    this.form.schema = { properties: { ...given, ...properties }, required };
    this.form.value = call.arguments;
    this.diff = h("div", { className: "diff", role: "group", "aria-label": "Your changes", hidden: true });
    this.form.addEventListener("input", () => this.#compare());
    this.problem = h("p", { className: "error", role: "alert", hidden: true });
    const remember = uniqueId("remember");
    this.remember = h("select", { className: "input", id: remember }, REMEMBER.map(([value, text]) => h("option", { value }, text)));
    const reason = uniqueId("reason");
    this.reason = h("input", { className: "input", id: reason, maxlength: 1000, dir: "auto", placeholder: "The assistant is told" });
    this.approve = button("Approve", { className: "btn primary", name: "check", onclick: () => this.#answer(true) });
    const edit = button("Edit first", { className: "btn quiet", name: "pencil", onclick: () => this.#edit(edit) });
    const reject = button("Reject", { className: "btn quiet", name: "x", onclick: () => this.#answer(false) });
    const fields = h("div", { className: "fields two" },
      h("div", { className: "field" }, h("label", { for: remember }, "A yes holds"), this.remember),
      h("div", { className: "field" }, h("label", { for: reason }, "If you reject: why"), this.reason));
    const actions = h("div", { className: "actions" }, this.approve, edit, reject);
    return [this.list, this.form, this.diff, fields, this.problem, actions];
  }

  #edit(toggle) {
    this.form.hidden = !this.form.hidden;
    this.list.hidden = !this.form.hidden;
    toggle.lastChild.textContent = this.form.hidden ? "Edit first" : "Undo changes";
    if (this.form.hidden) this.form.value = this.shownCall.arguments;
    else this.form.querySelector("input, textarea, select")?.focus();
    this.#compare();
  }

  #compare() {
    const edited = this.form.hidden ? null : this.form.read({ focus: false }); // somebody is writing
    const changed = edited ? changes(this.shownCall.arguments, edited) : [];
    this.diff.hidden = !changed.length;
    this.diff.replaceChildren(...changed.flatMap(([name, before, after]) => [h("span", {}, inReadingOrder(name)), h("del", {}, shown(before ?? "")), h("ins", {}, shown(after ?? ""))]));
    const count = changed.length;
    this.approve.lastChild.textContent = count ? `Approve with ${count} change${count > 1 ? "s" : ""}` : "Approve";
  }

  async #answer(approved) {
    let editedArgs;
    if (approved && !this.form.hidden) {
      editedArgs = this.form.read();
      if (!editedArgs) return;
      if (!changes(this.shownCall.arguments, editedArgs).length) editedArgs = undefined;
    }
    const given = { approved, editedArgs, reason: this.reason.value.trim(), remember: this.remember.value };
    try {
      await this.conversation.answer(this.shownCall.id, given);
    } catch (error) {
      this.problem.hidden = false;
      this.problem.replaceChildren(icon("x", "sm"), error.message);
    }
  }

  #count() {
    if (!this.shownCall?.expiresAt) return;
    const left = Math.max(0, Date.parse(this.shownCall.expiresAt) - Date.now());
    this.total ||= Math.max(1, left); // the deadline may be told after the question
    this.bar.value = (left / this.total) * 100;
    this.left.replaceChildren(icon("clock", "sm"), left ? `expires in ${clock(left)}` : "expired");
    if (left < 30000) this.left.dataset.tone = "warn";
  }
}

function asked({ arguments: given }) {
  const rows = Object.entries(given).map(([name, value]) => h("div", {}, h("dt", {}, titled(name)), h("dd", { className: "words" }, shown(value))));
  return rows.length ? h("dl", { className: "facts" }, rows) : h("p", { className: "small" }, "It takes no details.");
}

function changes(before, after) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).map((name) => [name, before[name], after[name]]);
}

function clock(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  const hours = Math.floor(seconds / 3600);
  const rest = `${String(Math.floor(seconds / 60) % 60).padStart(hours ? 2 : 1, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  return hours ? `${hours}:${rest}` : rest;
}

customElements.define("approval-card", ApprovalCard);

// <schema-form>: a flat JSON Schema as inputs. `schema` and `value` set it, `read()` gives the values
// or null once it has marked what is missing or wrong, and gone to the first of it unless `focus` is false. What
// nobody changes of `value` stays just so. With `plain`, nothing is called optional.

import { h, icon, inReadingOrder, titled, uniqueId } from "./dom.js";

const TYPES = { email: "email", uri: "url", date: "date", "date-time": "datetime-local", password: "password" };

class SchemaForm extends HTMLElement {
  #schema = { properties: {} };
  #fields = new Map();

  set schema(schema) {
    this.#schema = schema?.properties ? schema : { properties: {} };
    this.#draw(null);
  }

  set value(value) {
    this.#draw(value ?? {});
  }

  read({ focus = true } = {}) {
    const values = {};
    let good = true;
    for (const [name, field] of this.#fields) {
      const { value, problem } = field.read();
      field.mark(problem);
      if (problem) {
        if (good && focus) field.input.focus();
        good = false;
      } else if (value !== undefined) values[name] = value;
    }
    return good ? values : null;
  }

  #draw(value) {
    this.#fields.clear();
    const fields = Object.entries(this.#schema.properties).map(([name, declared]) => {
      const required = (this.#schema.required ?? []).includes(name);
      const field = new Field(name, declared ?? {}, value, required, this.hasAttribute("plain"));
      this.#fields.set(name, field);
      return field.element;
    });
    this.replaceChildren(h("div", { className: "fields" }, fields));
  }
}

class Field {
  constructor(name, written, values, required, plain) {
    const given = values && Object.hasOwn(values, name) ? [values[name]] : [];
    const value = values ? given[0] : written.default;
    const declared = { ...written, type: typeFor(written.type, value) };
    Object.assign(this, { name, declared, required, given, edits: Boolean(values) });
    const id = uniqueId("field");
    this.json = asJson(declared, value);
    this.input = control(declared, value ?? undefined, this.json);
    this.drawn = this.#content();
    this.input.id = id;
    this.problem = h("p", { className: "error", id: `${id}-error`, hidden: true });
    const told = [declared.description, this.json && JSON_HELP[declared.type]].filter(Boolean).join(" ");
    const help = told ? h("p", { className: "help", id: `${id}-help` }, told) : null;
    this.input.setAttribute("aria-describedby", [help && `${id}-help`, `${id}-error`].filter(Boolean).join(" "));
    const ticked = this.input.type === "checkbox";
    const words = [h("bdi", {}, declared.title ?? titled(name)), required || plain || ticked ? "" : h("small", {}, " optional")];
    const asked = ticked ? [h("label", { className: "check" }, this.input, h("span", {}, words))] : [h("label", { for: id }, words), this.input];
    this.element = h("div", { className: "field" }, asked, this.problem, help);
    this.element.addEventListener("input", () => this.mark(""));
  }

  read() {
    const { type } = this.declared;
    if (this.edits && this.#content() === this.drawn && (this.given.length || !this.required)) {
      return { value: this.given[0] };
    }
    if (type === "boolean") return { value: this.input.checked };
    const text = this.input.value;
    if (!text.trim()) return this.required ? { problem: "Fill this in." } : {};
    if (this.declared.enum) return { value: this.declared.enum.find((each) => String(each) === text) };
    if (type === "integer" || type === "number") return number(text, type, this.declared);
    if (this.json) return json(text, type);
    return this.input.validity.valid ? { value: text } : { problem: this.input.validationMessage };
  }

  #content() {
    return this.input.type === "checkbox" ? this.input.checked : this.input.value;
  }

  mark(problem) {
    this.problem.hidden = !problem;
    this.problem.replaceChildren(...(problem ? [icon("x", "sm"), problem] : []));
    this.input.toggleAttribute("aria-invalid", Boolean(problem));
    if (problem) this.input.setAttribute("aria-invalid", "true");
  }
}

// One type to write in: of several the one that the value has; where none is declared, the value's.
function typeFor(declared, value) {
  const types = [declared ?? []].flat();
  const has = Array.isArray(value) ? "array" : value === null || value === undefined ? "string" : typeof value;
  if (types.includes("integer") && Number.isInteger(value) && !types.includes("number")) return "integer";
  return types.includes(has) ? has : (types.find((each) => each !== "null") ?? has);
}

// A text that would be read in another order than the tool reads it is edited as JSON, too.
function asJson({ type, enum: choices }, value) {
  if (choices) return false;
  return type === "object" || type === "array" || (typeof value === "string" && inReadingOrder(value) !== value);
}

function control(declared, value, structured) {
  const { type, format } = declared;
  if (declared.enum) {
    const options = declared.enum.map((each) => h("option", { value: each, selected: each === value }, String(each)));
    return h("select", { className: "input" }, h("option", { value: "" }, "Choose…"), options);
  }
  if (type === "boolean") return h("input", { type: "checkbox", checked: value === true });
  if (type === "integer" || type === "number") {
    return h("input", { className: "input", inputmode: type === "integer" ? "numeric" : "decimal", value: value ?? "" });
  }
  const text = value === undefined ? "" : structured ? inReadingOrder(JSON.stringify(value, null, 2)) : String(value);
  const dir = structured ? "ltr" : "auto";
  if (structured || text.length > 60) {
    const area = h("textarea", { className: structured ? "input mono" : "input", rows: 3, dir });
    area.value = text;
    return area;
  }
  const input = h("input", { className: "input", type: TYPES[format] ?? "text", value: text, maxlength: declared.maxLength, dir });
  if (input.value !== text) Object.assign(input, { type: "text", value: text }); // a date with a zone, say: never an empty box
  return input;
}

function number(text, type, { minimum, maximum }) {
  const value = Number(text.trim().replace(",", "."));
  if (!Number.isFinite(value)) return { problem: "Write a number." };
  if (type === "integer" && !Number.isInteger(value)) return { problem: "Write a whole number." };
  if (minimum !== undefined && value < minimum) return { problem: `Write ${minimum} or more.` };
  if (maximum !== undefined && value > maximum) return { problem: `Write ${maximum} or less.` };
  return { value };
}

const JSON_WORDS = { array: "list", object: "object", string: "text, in double quotes" };
const JSON_HELP = { array: 'A JSON list, such as ["a", "b"].', object: 'A JSON object, such as {"name": "value"}.' };

function json(text, type) {
  try {
    const value = JSON.parse(text);
    const given = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
    return given === type ? { value } : { problem: `Write a JSON ${JSON_WORDS[type]}.` };
  } catch {
    return { problem: `This is no valid JSON. Write a JSON ${JSON_WORDS[type]}.` };
  }
}

customElements.define("schema-form", SchemaForm);

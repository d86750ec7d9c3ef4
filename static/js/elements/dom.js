// Small helpers to build a page from text only: nothing here ever reads markup.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else element.setAttribute(name === "className" ? "class" : name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

// The sprite's address is where the page says, so that other sites can bring their own.
export function icon(name, size = "") {
  const sprite = document.querySelector("[data-icons]")?.dataset.icons;
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", size ? `icon ${size}` : "icon");
  drawing.setAttribute("aria-hidden", "true");
  if (!sprite) return drawing;
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  drawing.append(use);
  return drawing;
}

export function button(label, { className = "btn sm", name = "", onclick, type = "button", ...more } = {}) {
  return h("button", { type, className, onclick, ...more }, name ? icon(name, "sm") : null, label);
}

export function titled(name) {
  const words = inReadingOrder(name).replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

// Arguments, names and results of a model, as its tools take them and give them.
export function shown(value) {
  return inReadingOrder(typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? ""));
}

const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

// Characters that turn the order of others round are written as JSON does: nobody says yes to what they read in
// another order than it runs (foundation/reading_order.py). People's own words are set apart instead: dir="auto".
export function inReadingOrder(text) {
  return text.replaceAll(TURNING, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

let last = 0;
export function uniqueId(prefix) {
  last += 1;
  return `${prefix}-${last}`;
}

// What the chat page's own tools do; how they are called, the server knows.

import { button, h, icon, inReadingOrder } from "./elements/dom.js";
import "./elements/schema-form.js";

const TONES = { info: "info", warning: "warn", error: "bad" };

const DOES = {
  show_notification: {
    auto: true,
    run: ({ message, type }) => toast(message, TONES[type] ?? "info"),
  },
  show_emoji: {
    auto: true,
    run: ({ emoji, size, message }) => emojiRow(emoji, size, message),
  },
  confirm_action: {
    title: ({ arguments: { question } }) => question,
    view: ({ arguments: { options } }, { answer, refuse }) => {
      const choices = options?.length ? options : ["Yes", "No"];
      const pick = (choice) => answer({ success: true, message: `The person chose: ${choice}`, data: { choice } });
      return h("div", { className: "actions" },
        choices.map((choice) => button(inReadingOrder(String(choice)), { className: "btn sm", onclick: () => pick(choice) })),
        button("Not now", { className: "btn sm quiet", onclick: () => refuse() }));
    },
  },
  get_user_input: {
    title: ({ arguments: { prompt } }) => prompt,
    view: (call, { answer, refuse }) => inputForm(call.arguments, answer, refuse),
  },
  copy_to_clipboard: {
    label: "Copy",
    title: () => "Copy this to the clipboard?",
    run: async ({ text: copied }) => {
      await navigator.clipboard.writeText(copied);
      return { success: true, message: "Copied." };
    },
  },
};

export function registerPageTools(conversation) {
  for (const [name, tool] of Object.entries(DOES)) conversation.registerTool(name, tool);
}

function toast(message, tone) {
  const close = button("", { className: "btn quiet only sm", name: "x", "aria-label": "Dismiss", onclick: () => shown.remove() });
  const shown = h("div", { className: "toast", dataset: { tone } }, icon(tone === "ok" ? "check" : "info"), h("div", {}, h("p", { dir: "auto" }, message)), close);
  document.querySelector(".toasts")?.append(shown);
  return { success: true, message: "The person sees it." };
}

function emojiRow(emoji, size = "large", message = "") {
  const row = h("li", { className: "emoji", dataset: { size } }, h("span", { role: "img", "aria-label": message || "Emoji" }, emoji), message ? h("p", { className: "small", dir: "auto" }, message) : null);
  document.querySelector("[data-messages]")?.append(row);
  return { success: true, data: { emoji, size, displayed: true } };
}

function inputForm({ prompt, type }, answer, refuse) {
  const form = document.createElement("schema-form");
  const declared = { title: prompt, type: type === "number" ? "number" : "string", format: type === "email" ? "email" : undefined };
  form.schema = { properties: { value: declared }, required: ["value"] };
  const send = () => {
    const values = form.read();
    if (values) answer({ success: true, message: `The person wrote: ${values.value}`, data: values });
  };
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    send();
  });
  const actions = h("div", { className: "actions" }, button("Answer", { className: "btn sm primary", onclick: send }), button("Not now", { className: "btn sm quiet", onclick: () => refuse() }));
  return h("div", { className: "stack" }, form, actions);
}

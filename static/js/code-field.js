// Line numbers beside fields that hold a program, and Tab to indent. Escape, then Tab leaves.
for (const field of document.querySelectorAll("textarea[data-code]")) {
  const frame = document.createElement("div");
  const numbers = document.createElement("pre");
  frame.className = "va-editor";
  numbers.className = "va-editor-numbers";
  numbers.setAttribute("aria-hidden", "true");
  field.before(frame);
  frame.append(numbers, field);

  const count = () => {
    const lines = field.value.split("\n").length;
    numbers.textContent = Array.from({ length: lines }, (_, index) => index + 1).join("\n");
  };
  field.addEventListener("input", count);
  field.addEventListener("scroll", () => { numbers.scrollTop = field.scrollTop; });
  count();

  let leaving = false;
  field.addEventListener("keydown", (event) => {
    if (event.key === "Tab" && !event.shiftKey && !leaving && !field.readOnly) {
      event.preventDefault();
      field.setRangeText("    ", field.selectionStart, field.selectionEnd, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    leaving = event.key === "Escape";
  });
  field.addEventListener("blur", () => { leaving = false; });
}

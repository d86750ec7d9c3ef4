// The start form: quick starts fill the instruction in, what was typed by hand is never lost, length is counted.

const form = document.getElementById("start-call");

if (form) {
  const instruction = form.elements.instruction;
  const counter = form.querySelector("[data-counter]");
  const limit = Number(instruction.dataset.max);
  let own = [...form.querySelectorAll('[name="quick"]')].some((quick) => quick.dataset.instruction === instruction.value) ? "" : instruction.value;

  const count = () => {
    const length = instruction.value.length;
    counter.hidden = false;
    counter.textContent = `${length.toLocaleString("en")} / ${limit.toLocaleString("en")}`;
    counter.classList.toggle("bad-text", length > limit);
  };

  form.addEventListener("change", ({ target }) => {
    if (target.name !== "quick") return;
    instruction.value = target.dataset.instruction || own;
    count();
  });
  instruction.addEventListener("input", () => {
    own = instruction.value;
    const ownCard = form.querySelector('[name="quick"][value="own"]');
    const picked = form.querySelector('[name="quick"]:checked');
    if (!picked || picked.dataset.instruction !== instruction.value) ownCard.checked = true;
    count();
  });
  count();
}

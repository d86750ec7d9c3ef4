// Offers the AWS functions that the form's region and credentials see; asked for by a button, since AWS takes a while.
for (const field of document.querySelectorAll("input[data-functions]")) {
  const button = document.createElement("button");
  const told = document.createElement("p");
  button.type = "button";
  button.className = "va-link va-look-up";
  button.textContent = "List the functions there are";
  told.className = "va-told";
  told.setAttribute("role", "status");
  field.after(button, told);

  const ask = async () => {
    told.textContent = "Asking AWS…";
    const answer = await fetch(field.dataset.functions, { method: "POST", body: new FormData(field.form), signal: AbortSignal.timeout(20000) });
    const { functions, problem } = await answer.json();
    if (!functions) throw new Error(problem);
    field.list.replaceChildren(...functions.map(({ name, about }) => new Option(about, name)));
    told.textContent = functions.length ? `${functions.length} found: type, or press the down arrow in the field.` : "There is none in this region.";
    field.focus();
  };

  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      await ask();
    } catch (error) {
      told.textContent = error.name === "Error" && error.message ? error.message : "The list could not be fetched. Try again in a moment.";
    }
    button.removeAttribute("aria-busy");
  });
}

// What every page needs: theme, menus, dialogs, toasts. One listener per event, behaviour by data attribute.

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";

function nameThemeButtons() {
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.setAttribute("aria-label", isDark() ? "Use light theme" : "Use dark theme");
    button.querySelector("use").setAttribute("href", `${document.body.dataset.icons}#${isDark() ? "sun" : "moon"}`);
  }
}

function switchTheme() {
  root.dataset.theme = isDark() ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // It lasts for this page only.
  }
  nameThemeButtons();
}

nameThemeButtons();
dark.addEventListener("change", nameThemeButtons);
const told = document.querySelectorAll(".toast"); // with the page; what comes later has its own time
setTimeout(() => told.forEach((toast) => toast.remove()), 6000);

document.addEventListener("click", (event) => {
  const hit = (selector) => event.target.closest(selector);
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (hit("[data-theme-toggle]")) switchTheme();
  if (hit("[data-opens]")) document.getElementById(hit("[data-opens]").dataset.opens).showModal();
  if (hit("[data-closes]")) hit("dialog").close();
  if (hit("[data-dismiss]")) hit(".toast").remove();
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest(".menu[open]");
  if (menu && event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// One press sends a form once; what it does is said while it lasts.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.target.hasAttribute("hx-post") || event.target.method === "get") return;
  if (button.getAttribute("aria-busy") === "true") event.preventDefault();
  button.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => document.querySelectorAll("form [aria-busy]").forEach((button) => button.removeAttribute("aria-busy")));

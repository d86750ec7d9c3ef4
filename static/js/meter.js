// Level meters: forty bars of sound, the newest at the right.

const BARS = 40;
const QUIET_DB = -60;

export class Meter {
  constructor(svg, figure, isAssistant) {
    this.figure = figure;
    this.tone = isAssistant ? "on b" : "on";
    this.bars = Array.from({ length: BARS }, (_, index) => {
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      for (const [name, value] of Object.entries({ x: index * 4, width: 2, rx: 1 })) bar.setAttribute(name, value);
      svg.append(bar);
      return bar;
    });
    this.levels = Array(BARS).fill(QUIET_DB);
    this.#draw();
  }

  push(db) {
    const level = typeof db === "number" ? db : QUIET_DB;
    this.levels = [...this.levels.slice(1), level];
    this.figure.textContent = level <= QUIET_DB ? "silent" : `${level < 0 ? "−" : ""}${Math.abs(Math.round(level))} dB`;
    this.#draw();
  }

  #draw() {
    this.bars.forEach((bar, index) => {
      const loud = Math.min(1, Math.max(0, 1 - this.levels[index] / QUIET_DB));
      const height = 2 + loud * 20;
      bar.setAttribute("height", height.toFixed(1));
      bar.setAttribute("y", (12 - height / 2).toFixed(1));
      bar.setAttribute("class", loud > 0 ? this.tone : "");
    });
  }
}

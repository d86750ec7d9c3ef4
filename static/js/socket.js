// A live line to the server that finds its way back: after a loss it asks for what followed the last seq.

const PING_EVERY = 20000;
const ANSWER_WITHIN = 10000;
const LONGEST_WAIT = 15000;

export class LiveSocket extends EventTarget {
  // Events: "frame" (detail: the message), "line" (detail: {state: "on" | "reconnecting" | "refused", wait}).
  constructor(path, seq) {
    super();
    this.path = path;
    this.seq = seq;
    this.tries = 0;
    this.stopped = false;
  }

  start() {
    this.stopped = false;
    addEventListener("online", this.#now);
    document.addEventListener("visibilitychange", this.#now);
    this.#open();
  }

  stop() {
    this.stopped = true;
    removeEventListener("online", this.#now);
    document.removeEventListener("visibilitychange", this.#now);
    clearTimeout(this.retry);
    clearTimeout(this.heart);
    this.socket?.close();
  }

  #open() {
    const url = new URL(`${this.path}?after=${this.seq}`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = (this.socket = new WebSocket(url));
    socket.onopen = () => {
      this.#say("on");
      this.#listen();
    };
    socket.onmessage = ({ data }) => {
      // Only a line that carries something is a good one: a proxy may accept and drop at once.
      this.tries = 0;
      this.#listen();
      if (data === "pong") return;
      const frame = JSON.parse(data);
      if (frame.seq !== null) this.seq = frame.seq;
      this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
    };
    socket.onclose = (event) => {
      clearTimeout(this.heart);
      if (this.stopped || socket !== this.socket) return;
      if (event.code >= 4400 && event.code < 4500) return this.#say("refused");
      this.#again();
    };
  }

  #again() {
    this.tries += 1;
    const wait = Math.min(LONGEST_WAIT, 500 * 2 ** (this.tries - 1)) * (0.75 + Math.random() / 2);
    this.#say("reconnecting", wait);
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.#open(), wait);
  }

  // The network or the person is back: do not sit out a long wait.
  #now = () => {
    if (this.stopped || document.hidden || (this.socket && this.socket.readyState < WebSocket.CLOSING)) return;
    clearTimeout(this.retry);
    this.#open();
  };

  // A browser cannot see protocol pings; a line that is cut silently would look alive for minutes.
  #listen() {
    clearTimeout(this.heart);
    this.heart = setTimeout(() => {
      this.socket.send("ping");
      this.heart = setTimeout(() => {
        const dead = this.socket;
        this.socket = undefined;
        dead.close();
        this.#again();
      }, ANSWER_WITHIN);
    }, PING_EVERY);
  }

  #say(state, wait = 0) {
    this.dispatchEvent(new CustomEvent("line", { detail: { state, wait } }));
  }
}

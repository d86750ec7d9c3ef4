// Talks with an agent from a page: its words as they come, its tools carried out here.
//
//   const chat = connect({ agent: "front-desk" });
//   chat.registerTool("copy_to_clipboard", { auto: true, run: ({ text }) => navigator.clipboard.writeText(text) });
//   chat.addEventListener("change", () => draw(chat.state));
//   await chat.send("Copy my order number");

import { misfits } from "./arguments.js";
import { emptyState, pendingCalls, reduce, stateOf } from "./conversation-state.js";
import { readEvents } from "./event-stream.js";

const SILENT_FOR = 35000;
const LONGEST_WAIT = 15000;
const RENEW_CLAIM_EVERY = 15000;
const CLAIM_HOLDS = 30000;

// A name that nobody else gives; `crypto.randomUUID` is not to be had on pages without https.
export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export class RequestFailed extends Error {
  constructor(status, problem) {
    const fields = (problem.errors ?? []).map(({ field, message }) => `${field}: ${message}`).join(" ");
    super(fields || problem.detail || `The server answered ${status}.`);
    this.status = status;
    this.problem = problem;
  }
}

export function connect(options) {
  return new Conversation(options);
}

class Api {
  constructor({ base = "", token = "", refreshToken = null }) {
    this.base = base.replace(/\/$/, "");
    this.token = token;
    this.refreshToken = refreshToken;
  }

  async request(path, { method = "GET", body, headers = {}, signal } = {}, again = true) {
    const answer = await fetch(`${this.base}${path}`, {
      method,
      signal,
      credentials: this.token ? "omit" : "same-origin",
      headers: { ...this.#headers(method, body), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (answer.ok) return answer;
    if (answer.status === 401 && this.refreshToken && again) {
      this.token = await this.refreshToken();
      return this.request(path, { method, body, headers, signal }, false);
    }
    throw new RequestFailed(answer.status, await answer.json().catch(() => ({})));
  }

  async json(path, body, method = "POST") {
    const answer = await this.request(path, { method, body, headers: { Accept: "application/json" } });
    return answer.status === 204 ? null : answer.json();
  }

  #headers(method, body) {
    const headers = body === undefined ? {} : { "Content-Type": "application/json" };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    else if (method !== "GET") headers["X-CSRFToken"] = cookie("csrftoken");
    return headers;
  }
}

// One thread with an agent. Events: "change" (its state is another one), "event" (detail: the event),
// "line" (detail: {state: "on" | "reconnecting" | "refused", error}).
export class Conversation extends EventTarget {
  constructor({ base = "", agent, threadId = "", lastEventId = 0, token = "", refreshToken = null }) {
    super();
    this.api = new Api({ base, token, refreshToken });
    this.agent = agent;
    this.threadId = threadId || `thread_${newId()}`;
    this.tab = newId();
    this.state = { ...emptyState(), seq: lastEventId };
    this.loaded = !threadId || lastEventId > 0;
    this.tools = new Map();
    this.running = new Map();
    this.answering = new Set();
    this.carriedOut = new Set();
    this.stopped = new AbortController();
    this.others = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`voiceassist:${this.threadId}`);
    this.others?.addEventListener("message", ({ data }) => this.#answeredElsewhere(data));
    if (threadId) this.#follow();
  }

  get pending() {
    return pendingCalls(this.state).filter(({ id }) => !this.answering.has(id));
  }

  // `schema`: a call whose arguments do not fit is answered with what is wrong, and `run` is not asked.
  // `auto`: carried out by one open page as soon as it is called; else, or with `confirm`, a person starts it.
  registerTool(name, { schema = null, run = null, auto = false, confirm = false, ...shown }) {
    this.tools.set(name, { ...shown, schema, run, auto: auto && !confirm });
    this.#carryOut();
  }

  // `id`: what this page calls the message. Where it is not certain that it arrived, it is sent again by the same one:
  // the server says it once.
  async send(text, { id = newId() } = {}) {
    const body = { message: text, thread_id: this.threadId, client_message_id: id };
    const headers = { Accept: "text/event-stream" };
    const answer = await this.api.request(this.#path("messages"), { method: "POST", body, headers });
    answer.body?.cancel().catch(() => {}); // the line that follows brings all of it
    this.#follow();
  }

  // `{result}` or `{error}` of a browser tool; `{approved, editedArgs, reason, remember, exact}` of a question.
  async answer(id, given) {
    const call = this.state.calls[id];
    this.#mark(id, true);
    try {
      if (call?.status === "pending_approval" && call.approval && "approved" in given) {
        await this.#decide(call, given);
      } else {
        await this.#respond(id, given);
      }
      this.others?.postMessage({ answered: id });
    } finally {
      this.#mark(id, false);
    }
  }

  // Starts a registered tool for a call that waits for a person to do so.
  async runTool(id) {
    const call = this.state.calls[id];
    const tool = call && this.tools.get(call.name);
    if (tool) await this.#run(call, tool);
  }

  async cancel() {
    await this.api.json(this.#thread("cancel"), {});
  }

  close() {
    this.stopped.abort();
    clearTimeout(this.later);
    this.others?.close();
    for (const controller of this.running.values()) controller.abort();
  }

  #path(rest) {
    return `/api/v1/agents/${encodeURIComponent(this.agent)}/${rest}`;
  }

  #thread(rest) {
    return this.#path(`threads/${encodeURIComponent(this.threadId)}/${rest}`);
  }

  async #decide({ approval }, { approved, editedArgs, reason = "", remember = "once", exact }) {
    const decision = approved ? (editedArgs ? "edit" : "approve") : "reject";
    const body = { decision, reason: approved ? "" : reason, remember: approved ? remember : "once" };
    if (editedArgs && approved) body.arguments = editedArgs;
    if (exact !== undefined) body.exact = exact;
    await this.api.json(this.#thread(`approvals/${approval.id}/answer`), body);
  }

  async #respond(id, { result = null, error = null, approved, reason = "" }) {
    const refused = approved === false;
    const metadata = { timestamp: new Date().toISOString(), tab: this.tab, reason };
    metadata.user_action = refused ? "rejected" : "approved";
    const response = { tool_call_id: id, result: error === null ? result : String(error), metadata };
    if (error !== null) response.is_error = true;
    const body = { agent_id: this.agent, thread_id: this.threadId, tool_responses: [response] };
    const headers = { Accept: "text/event-stream" };
    const answer = await this.api.request(this.#path("continue"), { method: "POST", body, headers });
    answer.body?.cancel().catch(() => {});
  }

  async #follow() {
    if (this.following) return;
    this.following = true;
    for (let tries = 0; !this.stopped.signal.aborted; tries += 1) {
      try {
        await this.#load();
        await this.#read(() => (tries = 0));
      } catch (error) {
        if (this.stopped.signal.aborted) break;
        if (!passes(error)) {
          this.following = false;
          return this.#say("line", { state: "refused", error });
        }
      }
      if (this.stopped.signal.aborted) break;
      this.#say("line", { state: "reconnecting" });
      await pause(longer(tries));
    }
  }

  // An earlier thread is read from its messages: its oldest events may be gone.
  async #load() {
    if (this.loaded) return;
    const detail = await this.api.json(`/api/conversations/${encodeURIComponent(this.threadId)}`, undefined, "GET");
    this.loaded = true;
    if (detail.thread_id !== this.threadId) return; // a name that is a number is also a conversation's number
    this.state = stateOf(detail);
    this.#say("change");
    this.#carryOut();
  }

  async #read(onEvent) {
    const silent = new AbortController();
    const signal = anyOf(this.stopped.signal, silent.signal);
    let timer = setTimeout(() => silent.abort(), SILENT_FOR);
    const beat = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENT_FOR);
    };
    try {
      const headers = { "Last-Event-ID": String(this.state.seq), Accept: "text/event-stream" };
      const answer = await this.api.request(this.#thread("events?follow=1"), { headers, signal });
      this.#say("line", { state: "on" });
      for await (const event of readEvents(answer.body, beat)) {
        onEvent();
        this.#take(event);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #take(event) {
    const before = this.state;
    this.state = reduce(before, event);
    if (this.state === before) return;
    this.#say("event", event);
    this.#say("change");
    this.#stopClosed();
    this.#carryOut();
  }

  #carryOut() {
    for (const call of this.pending) {
      const tool = this.tools.get(call.name);
      const here = this.running.has(call.id) || this.carriedOut.has(call.id);
      if (tool?.auto && call.external && call.status === "pending_frontend" && !here) this.#alone(call, tool);
    }
  }

  // Two pages never carry out one call: a lock in this browser, a claim on the server.
  async #alone(call, tool) {
    const once = () => this.#claimAndRun(call, tool);
    this.running.set(call.id, new AbortController());
    try {
      if (navigator.locks) {
        await navigator.locks.request(`voiceassist:${call.id}`, { ifAvailable: true }, (lock) => lock && once());
      } else {
        await once();
      }
    } finally {
      this.running.delete(call.id);
      if (!this.carriedOut.has(call.id)) this.#lookLater();
    }
  }

  // Another page has it, and may be gone before it answers: nothing would tell of that.
  #lookLater() {
    if (this.stopped.signal.aborted) return;
    this.later ??= setTimeout(() => {
      this.later = undefined;
      this.#carryOut();
    }, CLAIM_HOLDS);
  }

  async #claimAndRun(call, tool) {
    const claim = () => this.api.json(this.#thread("claims"), { tool_call_id: call.id, tab: this.tab });
    const { claimed } = await claim().catch(() => ({ claimed: false }));
    if (!claimed) return; // another page has it
    const renew = setInterval(() => claim().catch(() => {}), RENEW_CLAIM_EVERY);
    try {
      await this.#run(call, tool);
    } finally {
      clearInterval(renew);
    }
  }

  async #run(call, tool) {
    const controller = this.running.get(call.id) ?? new AbortController();
    this.running.set(call.id, controller);
    let given;
    try {
      const wrong = misfits(tool.schema, call.arguments);
      if (wrong.length) throw new TypeError(`The arguments do not fit: ${wrong.join(" ")}`);
      const result = await tool.run(call.arguments, { signal: controller.signal, call });
      given = { result: result ?? { success: true } };
    } catch (error) {
      given = { error: error?.message ?? error };
    } finally {
      this.running.delete(call.id);
      this.carriedOut.add(call.id);
    }
    if (!controller.signal.aborted) await this.#tell(call.id, given, tool.auto);
  }

  // Nobody sees what a page carries out by itself: `again`, its result is sent until it has arrived.
  async #tell(id, given, again) {
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.answer(id, given);
      } catch (error) {
        if (!again || !passes(error)) return this.#say("line", { state: "on", error });
      }
      await pause(longer(tries));
      if (this.stopped.signal.aborted || this.state.calls[id]?.status !== "pending_frontend") return;
    }
  }

  #stopClosed() {
    for (const [id, controller] of this.running) {
      const status = this.state.calls[id]?.status;
      if (status && status !== "pending_frontend") controller.abort();
    }
  }

  #answeredElsewhere({ answered }) {
    this.#mark(answered, true);
    setTimeout(() => this.#mark(answered, false), 5000); // its event closes it; this is only quicker
  }

  #mark(id, on) {
    if (on) this.answering.add(id);
    else this.answering.delete(id);
    this.#say("change");
  }

  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

// The client that pages of an older kind of agent were written against; same calls, same events.
export class AgentClient {
  constructor({ baseUrl = "", apiVersion = "v1", token = "", refreshToken = null } = {}) {
    this.api = new Api({ base: baseUrl, token, refreshToken });
    this.root = `/api/${apiVersion}`;
  }

  registerFrontendTool(registration) {
    return this.api.json(`${this.root}/tools/frontend`, registration);
  }

  async sendStreamingMessage(agent, message) {
    return EventsOfRun.begin(await this.#stream(`agents/${encodeURIComponent(agent)}/messages`, message));
  }

  async continueWithToolResponses(agent, body) {
    return EventsOfRun.begin(await this.#stream(`agents/${encodeURIComponent(agent)}/continue`, body), body.thread_id);
  }

  #stream(path, body) {
    const headers = { Accept: "text/event-stream" };
    return this.api.request(`${this.root}/${path}`, { method: "POST", body, headers });
  }
}

// `on(type, handler)` also gets what came before it was called, so that nothing is missed.
class EventsOfRun {
  static async begin(answer, threadId = "") {
    const events = new EventsOfRun(threadId);
    events.finished = events.#read(answer.body);
    if (!threadId) await Promise.race([events.known, events.finished]);
    return events;
  }

  constructor(threadId) {
    this.thread_id = threadId;
    this.past = [];
    this.handlers = [];
    this.known = new Promise((resolve) => (this.#know = resolve));
  }

  #know;

  on(type, handler) {
    this.handlers.push([type, handler]);
    for (const event of this.past) if (event.type === type) handler(event);
    return this;
  }

  async #read(body) {
    for await (const event of readEvents(body)) {
      if (event.thread_id) this.thread_id = event.thread_id;
      this.#know();
      this.past.push(event);
      for (const [type, handler] of this.handlers) if (event.type === type) handler(event);
    }
  }
}

function anyOf(...signals) {
  if (AbortSignal.any) return AbortSignal.any(signals);
  const both = new AbortController();
  for (const signal of signals) signal.addEventListener("abort", () => both.abort(), { once: true });
  return both.signal;
}

function cookie(name) {
  const found = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

// Whether the same request may get through later.
function passes(error) {
  return !(error instanceof RequestFailed) || error.status >= 500 || error.status === 429;
}

function longer(tries) {
  return Math.min(LONGEST_WAIT, 500 * 2 ** tries) * (0.75 + Math.random() / 2);
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

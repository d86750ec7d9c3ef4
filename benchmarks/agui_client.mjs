// Talks with a running product over AG-UI through `@ag-ui/client`, as a page does.
// usage: node agui_client.mjs <origin> <agent> <key>; prints one line of JSON: check → outcome.
import { HttpAgent, buildResumeArray } from "@ag-ui/client";

const [origin, agentId, key] = process.argv.slice(2);

class Talk {
  constructor(name, agent = agentId) {
    this.events = [];
    this.agent = new HttpAgent({
      url: `${origin}/api/v1/agui/${agent}`,
      headers: { Authorization: `Bearer ${key}` },
      threadId: `agui-${name}`,
    });
  }

  say(content, more = {}) {
    this.agent.addMessage({ id: crypto.randomUUID(), role: "user", content });
    return this.run(more);
  }

  // Runs once; the package itself checks the order and the shape of what comes.
  async run(parameters = {}) {
    this.events = [];
    const subscriber = { onEvent: ({ event }) => void this.events.push(event.type) };
    return this.agent.runAgent(parameters, subscriber);
  }

  resume(responses) {
    return this.run({ resume: buildResumeArray(this.agent.pendingInterrupts, responses) });
  }

  resumeAll(payload) {
    const each = this.agent.pendingInterrupts.map(({ id }) => [id, { status: "resolved", payload }]);
    return this.resume(Object.fromEntries(each));
  }

  get last() {
    return this.agent.messages.at(-1);
  }

  get results() {
    return this.agent.messages.filter(({ role }) => role === "tool").map(({ content }) => JSON.parse(content));
  }
}

function expect(condition, what, talk) {
  if (!condition) throw new Error(`${what}; events: ${talk.events}; last: ${JSON.stringify(talk.last)}`);
}

function expectAnswer(talk) {
  const { role, content } = talk.last;
  expect(role === "assistant" && content, "the run ends with the assistant's words", talk);
  expect(talk.agent.pendingInterrupts.length === 0, "no interrupt is open", talk);
}

async function asked(name) {
  const talk = new Talk(name);
  await talk.say("Where is order 1042?");
  const [interrupt] = talk.agent.pendingInterrupts;
  expect(interrupt?.reason === "confirmation", "a yes is asked for", talk);
  expect(interrupt.responseSchema?.properties?.approved, "it says how to answer", talk);
  return talk;
}

const CHECKS = {
  async words() {
    const talk = new Talk("words");
    await talk.say("Hello");
    expectAnswer(talk);
    const first = talk.last.id;
    await talk.say("And again");
    expectAnswer(talk);
    expect(talk.last.id !== first && talk.agent.messages.length === 4, "two answers", talk);
    return talk;
  },

  async client_tool() {
    const talk = new Talk("client-tool");
    const parameters = { type: "object", properties: { place: { type: "string" } } };
    const tools = [{ name: "show_map", description: "Shows a map", parameters }];
    await talk.say("Please use show_map", { tools });
    const [call] = talk.last.toolCalls ?? [];
    expect(call?.function.name === "show_map", "the client's tool is called", talk);
    const answer = { id: crypto.randomUUID(), role: "tool", toolCallId: call.id, content: "Shown." };
    talk.agent.addMessage(answer);
    await talk.run({ tools });
    expectAnswer(talk);
    return talk;
  },

  async browser_tool() {
    const talk = new Talk("browser-tool");
    await talk.say("Show me a notification");
    const [interrupt] = talk.agent.pendingInterrupts;
    expect(interrupt?.reason === "tool_call", "a tool of the server's waits", talk);
    await talk.resumeAll("Shown.");
    expectAnswer(talk);
    return talk;
  },

  async approval() {
    const talk = await asked("approval");
    await talk.resumeAll({ approved: true });
    expectAnswer(talk);
    expect(talk.results.at(-1).data.status === "on its way", "the tool ran", talk);
    return talk;
  },

  async rejection() {
    const talk = await asked("rejection");
    await talk.resumeAll({ approved: false, reason: "Not now" });
    expectAnswer(talk);
    expect(talk.results.at(-1).success === false, "the tool did not run", talk);
    return talk;
  },

  async edited_approval() {
    const talk = await asked("edited");
    await talk.resumeAll({ approved: true, editedArgs: { order_id: "1044" } });
    expectAnswer(talk);
    expect(talk.results.at(-1).data.status === "ready to collect", "it ran as edited", talk);
    return talk;
  },

  async two_interrupts() {
    const talk = new Talk("two-interrupts");
    await talk.say("Where is order 1042? And show me a notification");
    const open = talk.agent.pendingInterrupts;
    expect(open.length === 2, "a yes and a result are waited for", talk);
    const payload = { confirmation: { approved: true }, tool_call: "Shown." };
    const answers = open.map(({ id, reason }) => [id, { status: "resolved", payload: payload[reason] }]);
    await talk.resume(Object.fromEntries(answers));
    expectAnswer(talk);
    expect(talk.results.every(({ success }) => success), "both were done", talk);
    return talk;
  },

  async unknown_agent() {
    const talk = new Talk("unknown-agent", "nobody");
    const refused = await talk.say("Hello").catch((error) => error);
    expect(refused instanceof Error && /404/.test(refused.message), "the client is told", talk);
    return talk;
  },
};

const found = {};
for (const [name, check] of Object.entries(CHECKS)) {
  try {
    const talk = await check();
    found[name] = { ok: true, events: talk.events.length, messages: talk.agent.messages.length };
  } catch (error) {
    found[name] = { ok: false, error: String(error?.message ?? error).slice(0, 600) };
  }
}
console.log(JSON.stringify(found));

// A conversation as its rows and events tell it: stateOf(detail), then (state, event) → state. No page, no network.

export const OPEN = new Set(["proposed", "pending_approval", "pending_frontend"]);

export function emptyState() {
  return { seq: 0, status: "idle", runId: "", earlier: 0, messages: [], calls: {}, error: null };
}

// What `GET /api/conversations/{id}` tells, which holds all that happened up to its `last_event_id`.
export function stateOf(detail) {
  const waiting = new Map(detail.pending_tools.map((each) => [each.tool_call_id, each]));
  const calls = {};
  for (const call of detail.messages.flatMap((each) => each.tool_calls)) {
    calls[call.tool_call_id] = callOf(call, waiting.get(call.tool_call_id));
  }
  return {
    seq: detail.last_event_id,
    status: detail.status.startsWith("awaiting_") ? "paused" : detail.status,
    runId: detail.run_id ?? "",
    earlier: detail.message_count - detail.messages.length, // the API tells the newest ones
    messages: detail.messages.map(({ id, role, text, tool_calls: called }) => ({ id, role, text, calls: called.map((call) => call.tool_call_id) })),
    calls,
    error: detail.status === "failed" ? { code: detail.code, message: detail.message } : null,
  };
}

function callOf(call, waiting) {
  const asked = waiting?.requires_approval ? { id: waiting.approval_id, waitsFor: waiting.waits_for, schema: waiting.input_schema } : null;
  return {
    id: call.tool_call_id,
    name: call.tool_name,
    arguments: call.arguments,
    external: call.runs_at === "browser",
    status: call.status,
    approval: asked ?? call.approval,
    expiresAt: waiting?.expires_at ?? null,
    result: call.result,
  };
}

export function reduce(state, event) {
  if (event.seq <= state.seq) return state;
  const change = CHANGES[event.type];
  return { ...state, ...(change ? change(state, event) : {}), seq: event.seq };
}

// Calls that wait for a person, in the order of the model's proposal.
export function pendingCalls(state) {
  return Object.values(state.calls).filter(({ status }) => status === "pending_approval" || status === "pending_frontend");
}

const CHANGES = {
  run_started: (_, event) => ({ status: "running", runId: event.run_id, error: null }),
  run_resumed: () => ({ status: "running" }),
  user_message: (state, event) => ({
    messages: [...state.messages, { id: event.message_id, clientId: event.client_message_id, role: "user", text: event.text, calls: [] }],
  }),
  text_delta: (state, event) => said(state, [...(writing(state)?.pieces ?? []), [event.seq, event.delta]]),
  step_restarted: (state, event) => {
    const open = writing(state);
    if (!open) return {};
    const kept = open.pieces.filter(([seq]) => seq <= event.discard_after);
    return kept.length ? said(state, kept) : { messages: state.messages.slice(0, -1) };
  },
  message_completed: (state, event) => {
    const whole = { id: event.message_id, role: "assistant", text: event.text, calls: [] };
    return { messages: [...(writing(state) ? state.messages.slice(0, -1) : state.messages), whole] };
  },
  tool_call_start: (state, event) => {
    const id = event.tool_call_id;
    const waits = event.requires_approval ? "pending_approval" : "pending_frontend";
    const call = {
      id,
      name: event.tool_call_name,
      arguments: JSON.parse(event.delta || "{}"),
      external: event.external,
      status: event.external || event.requires_approval ? waits : "executing",
      approval: null,
      expiresAt: event.expires_at ?? null,
      result: null,
    };
    return { calls: { ...state.calls, [id]: call }, messages: withCall(state, event.message_id, id) };
  },
  approval_required: (state, event) =>
    changed(state, event, {
      status: "pending_approval",
      expiresAt: event.expires_at,
      approval: { id: event.approval_id, waitsFor: event.waits_for, schema: event.input_schema },
    }),
  approval_resolved: (state, event) => {
    const call = state.calls[event.tool_call_id];
    const goesOn = call?.external ? "pending_frontend" : "executing";
    return changed(state, event, {
      status: event.decision === "approved" ? goesOn : "rejected",
      arguments: event.arguments ?? call?.arguments,
      expiresAt: null,
      approval: { ...call?.approval, decision: event.decision, by: event.by, reason: event.reason, changes: event.changes },
    });
  },
  tool_call_result: closed,
  tool_call_resolved: closed,
  tool_call_expired: closed,
  run_paused: (state, event) => {
    const calls = { ...state.calls };
    for (const each of event.tools) {
      if (calls[each.id]) calls[each.id] = { ...calls[each.id], expiresAt: each.expires_at };
    }
    return { status: "paused", calls };
  },
  run_finished: (state, event) => ({ ...settled(state), status: event.status }),
  run_error: (state, event) => ({ ...settled(state), status: "failed", error: { code: event.code, message: event.message } }),
};

function writing(state) {
  const last = state.messages.at(-1);
  return last?.pieces ? last : null;
}

function said(state, pieces) {
  const open = writing(state);
  const rest = open ? state.messages.slice(0, -1) : state.messages;
  const text = pieces.map(([, piece]) => piece).join("");
  return { messages: [...rest, { id: null, role: "assistant", text, calls: [], pieces }] };
}

function withCall(state, messageId, callId) {
  if (state.calls[callId]) return state.messages; // its message was read from its row
  const messages = [...settled(state).messages];
  const last = messages.at(-1);
  if (last?.role === "assistant" && (last.id === messageId || last.id === null)) {
    messages[messages.length - 1] = { ...last, id: messageId, calls: [...last.calls, callId] };
  } else {
    messages.push({ id: messageId, role: "assistant", text: "", calls: [callId] });
  }
  return messages;
}

function settled(state) {
  const open = writing(state);
  if (!open) return { messages: state.messages };
  const { pieces, ...whole } = open;
  return { messages: [...state.messages.slice(0, -1), whole] };
}

function closed(state, event) {
  const { status, result, message, error_code: errorCode } = event;
  return changed(state, event, { status, result: result ?? { success: false, message }, errorCode, expiresAt: null });
}

function changed(state, event, values) {
  const call = state.calls[event.tool_call_id];
  return call ? { calls: { ...state.calls, [call.id]: { ...call, ...values } } } : {};
}

// What of a call's arguments does not fit a tool's schema, in the server's words. No page, no network.

const IS = {
  string: (value) => typeof value === "string",
  number: Number.isFinite,
  integer: Number.isInteger,
  boolean: (value) => typeof value === "boolean",
  array: Array.isArray,
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  null: (value) => value === null,
};

// One sentence for each argument that is missing, of another type, or none of the choices.
export function misfits(schema, value, path = "") {
  const { type, enum: choices, properties = {}, required = [], items } = schema ?? {};
  const types = [type ?? []].flat();
  const name = path ? `\`${path}\`` : "The arguments";
  if (types.length && !types.some((each) => IS[each]?.(value))) {
    return [`${name} must be of type ${types.join(" or ")}, not ${JSON.stringify(value)}.`];
  }
  if (choices && !choices.some((each) => JSON.stringify(each) === JSON.stringify(value))) {
    return [`${name} must be one of ${choices.map((each) => JSON.stringify(each)).join(", ")}, not ${JSON.stringify(value)}.`];
  }
  const below = (step) => (path ? `${path}.${step}` : String(step));
  if (Array.isArray(value)) return value.flatMap((each, index) => misfits(items, each, below(index)));
  if (!IS.object(value)) return [];
  const missing = required.filter((each) => !Object.hasOwn(value, each)).map((each) => `\`${below(each)}\` is required.`);
  const declared = Object.keys(properties).filter((each) => Object.hasOwn(value, each));
  return [...missing, ...declared.flatMap((each) => misfits(properties[each], value[each], below(each)))];
}

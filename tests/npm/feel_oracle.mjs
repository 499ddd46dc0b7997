// Evaluates FEEL expressions with feelin: a file with a JSON list of texts in, a line of JSON each out.
import { readFileSync } from 'node:fs';
import { evaluate, FeelDate, FeelDateTime, FeelDuration, FeelTime, isFunction, isRange } from 'feelin';

const KINDS = [[FeelDate, 'date'], [FeelDateTime, 'date and time'], [FeelTime, 'time'], [FeelDuration, 'duration']];

function plain(value) {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : { kind: 'no number' };
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  for (const [type, kind] of KINDS) if (value instanceof type) return { kind, text: value.iso };
  if (isRange(value)) return { kind: 'range' };
  if (isFunction(value)) return { kind: 'function' };
  if (Array.isArray(value)) return value.map(plain);
  return { kind: 'context', entries: Object.entries(value).map(([key, one]) => [key, plain(one)]).sort() };
}

for (const text of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  let found;
  try {
    found = { value: plain(evaluate(text, {}).value) };
  } catch (error) {
    found = { error: String(error.message) };
  }
  process.stdout.write(`${JSON.stringify(found)}\n`);
}

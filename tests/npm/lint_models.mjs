// Prints what bpmnlint with the Camunda 8.8 profile says of each model, one JSON object a line.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { BpmnModdle } from 'bpmn-moddle';

const require = createRequire(import.meta.url);
const { Linter } = require('bpmnlint');
const NodeResolver = require('bpmnlint/lib/resolver/node-resolver');
const zeebe = require('zeebe-bpmn-moddle/resources/zeebe.json');

const config = { extends: ['plugin:camunda-compat/camunda-cloud-8-8'] };

for (const file of process.argv.slice(2)) {
  const moddle = new BpmnModdle({ zeebe });
  const { rootElement, warnings } = await moddle.fromXML(readFileSync(file, 'utf8'));
  const linter = new Linter({ config, resolver: new NodeResolver({ require }) });
  const found = await linter.lint(rootElement);
  const findings = Object.entries(found).flatMap(([rule, reports]) =>
    reports.map(({ id, message, category }) => ({ rule, id, message, category }))
  );
  const rules = Object.keys(await linter.resolveRules(config)).length;
  console.log(JSON.stringify({ file, rules, findings, warnings: warnings.map((w) => w.message) }));
}

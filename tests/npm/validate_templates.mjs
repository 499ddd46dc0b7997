// Prints what the official validator says of each template in the files.
import { readFileSync } from 'node:fs';
import { validateAllZeebe } from '@bpmn-io/element-templates-validator';

for (const file of process.argv.slice(2)) {
  const { results } = validateAllZeebe(JSON.parse(readFileSync(file, 'utf8')));
  for (const { valid, object, errors } of results) {
    const said = (errors || []).map((one) => one.message);
    console.log(JSON.stringify({ id: object?.id, valid, said }));
  }
}

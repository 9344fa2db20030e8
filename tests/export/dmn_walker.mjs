// Reads models with dmn-moddle and evaluates their decisions with feelin, for each row of each order on standard input.
// An expression is compiled once, as the body of a FEEL function of what the decision needs and of nothing else; for the
// first rows the plain evaluation has to agree.
import { readFileSync } from "node:fs";

const [, , consumers] = process.argv;
const { DmnModdle } = await import(`${consumers}/node_modules/dmn-moddle/dist/index.js`);
const { evaluate, unaryTest } = await import(`${consumers}/node_modules/feelin/dist/index.js`);
const PLAIN_ROWS = 10;

function assert(holds, said) {
    if (!holds) throw new Error(said);
}

const functions = new Map();

function compiled(names, text) {
    const source = `function(${names.join(", ")}) ${text}`;
    if (!functions.has(source)) functions.set(source, evaluate(source, {}).value);
    return functions.get(source);
}

function value(text, names, scope, plain) {
    const found = compiled(names, text).invoke(names.map(name => scope[name]));
    if (plain) {
        const context = Object.fromEntries(names.map(name => [name, scope[name]]));
        assert(Object.is(evaluate(text, context).value, found), `${text} is ${found}`);
    }
    return found;
}

function holds(test, one, plain) {
    const found = test === "-" || compiled(["value"], `value in (${test})`).invoke([one]) === true;
    if (plain) assert((unaryTest(test, { "?": one }).value === true) === found, `${test} is ${found} of ${one}`);
    return found;
}

function ofTable(table, names, scope, plain) {
    const inputs = table.input.map(clause => value(clause.inputExpression.text, names, scope, plain));
    const matches = rule => rule.inputEntry.every((entry, place) => holds(entry.text, inputs[place], plain));
    assert(table.output.length === 1 && table.rule.every(rule => rule.inputEntry.length === inputs.length), "a ragged table");
    const found = table.hitPolicy === "FIRST" ? [table.rule.find(matches)] : table.rule.filter(matches);
    assert(found.length < 2, "two rules of a table with unique ones hold");
    return found[0] === undefined ? null : value(found[0].outputEntry[0].text, names, scope, plain);
}

function isOf(type, one, definitions) {
    const item = (definitions.get("itemDefinition") ?? []).find(other => other.name === type);
    if (item !== undefined)
        return isOf(item.typeRef, one, definitions) && holds(item.allowedValues.text, one, true);
    return one === null || type === "Any" || typeof one === type;
}

async function ran({ xml, columns, rows, isKnown }) {
    const { rootElement: definitions, warnings } = await new DmnModdle().fromXML(xml);
    assert(warnings.length === 0, `${warnings.map(warning => warning.message)}`);
    const elements = definitions.drgElement;
    const inputs = elements.filter(element => element.$type === "dmn:InputData");
    const decisions = elements.filter(element => element.$type === "dmn:Decision");
    assert(inputs.length === columns.length, "a column is not an input");
    for (const element of elements)
        assert(element.id === element.name && element.variable.name === element.name, `${element.name} has other names`);
    const drawn = definitions.dmnDI.diagrams[0].diagramElements.map(shape => shape.dmnElementRef.id);
    const ids = elements.flatMap(one => [one.id, ...(one.informationRequirement ?? []).map(need => need.id)]);
    assert(JSON.stringify([...drawn].sort()) === JSON.stringify(ids.sort()), "the diagram shows something else");
    const results = rows.map((row, number) => {
        const plain = number < PLAIN_ROWS;
        const scope = Object.fromEntries(inputs.map((input, place) => [input.name, row[place]]));
        for (const decision of decisions) {
            const names = (decision.informationRequirement ?? []).map(
                need => (need.requiredInput ?? need.requiredDecision).href.slice(1));
            for (const name of names) assert(name in scope, `${decision.name} needs ${name}, which comes later`);
            const logic = decision.decisionLogic;
            const found = logic.$type === "dmn:DecisionTable"
                ? ofTable(logic, names, scope, plain) : value(logic.text, names, scope, plain);
            scope[decision.name] = found;
        }
        if (plain && isKnown)
            for (const one of elements)
                assert(isOf(one.variable.typeRef, scope[one.name], definitions), `${one.name} is ${scope[one.name]}`);
        return decisions.map(decision => scope[decision.name]);
    });
    return { inputs: inputs.map(input => input.label), decisions: decisions.map(decision => decision.label), results };
}

const results = [];
for (const order of JSON.parse(readFileSync(0, "utf8"))) results.push(await ran(order));
process.stdout.write(JSON.stringify(results));

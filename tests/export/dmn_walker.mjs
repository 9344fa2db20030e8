// Reads models with dmn-moddle and evaluates their decisions with feelin, for each row of each order on standard input.
// An expression is compiled once, as the body of a FEEL function of what the decision needs and of nothing else; for the
// first rows the plain evaluation has to agree.
import { readFileSync } from "node:fs";

const [, , consumers] = process.argv;
const { DmnModdle } = await import(`${consumers}/node_modules/dmn-moddle/dist/index.js`);
const { evaluate, unaryTest } = await import(`${consumers}/node_modules/feelin/dist/index.js`);
const PLAIN_ROWS = 4;

function assert(holds, said) {
    if (!holds) throw new Error(said);
}

function isSame(one, other) {
    return Object.is(one, other) || JSON.stringify(one) === JSON.stringify(other);
}

function compiled(text, all) {
    const words = new Set(text.match(/\w+/g)), names = all.filter(name => words.has(name));
    const body = evaluate(`function(${names.join(", ")}) ${text}`, {}).value;
    return (scope, plain) => {
        const found = body.invoke(names.map(name => scope[name]));
        if (plain) {
            const context = Object.fromEntries(names.map(name => [name, scope[name]]));
            assert(isSame(evaluate(text, context).value, found), `${text} is ${found}`);
        }
        return found;
    };
}

const tests = new Map([["-", () => true]]);

function test(text) {
    if (!tests.has(text)) {
        const body = evaluate(`function(value) value in (${text})`, {}).value;
        tests.set(text, (value, plain) => {
            const found = body.invoke([value]) === true;
            if (plain) assert((unaryTest(text, { "?": value }).value === true) === found, `${text} of ${value} is ${found}`);
            return found;
        });
    }
    return tests.get(text);
}

function tableOf(table, names) {
    const inputs = table.input.map(clause => compiled(clause.inputExpression.text, names));
    const rules = table.rule.map(({ inputEntry, outputEntry }) => {
        assert(inputEntry.length === inputs.length && outputEntry.length === table.output.length, "a ragged table");
        return { tests: inputEntry.map(entry => test(entry.text)), output: compiled(outputEntry[0].text, names) };
    });
    const isFirst = table.hitPolicy === "FIRST";
    return (scope, plain) => {
        const values = inputs.map(input => input(scope, plain));
        const holds = rule => rule.tests.every((one, place) => one(values[place], plain));
        const found = isFirst ? [rules.find(holds)] : rules.filter(holds);
        assert(found.length < 2, "two rules of a table hold, where one may");
        return found[0] === undefined ? null : found[0].output(scope, plain);
    };
}

function isOf(type, value, items) {
    const item = items.find(other => other.name === type);
    if (item !== undefined) return isOf(item.typeRef, value, items) && test(item.allowedValues.text)(value, true);
    assert(["Any", "boolean", "number", "string"].includes(type), `there is no type ${type}`);
    return value === null || type === "Any" || typeof value === type;
}

function needsOf(decision) {
    return (decision.informationRequirement ?? []).map(need => (need.requiredInput ?? need.requiredDecision).href.slice(1));
}

function checkGraph(definitions, columns) {
    const elements = definitions.drgElement;
    assert(elements.filter(one => one.$type === "dmn:InputData").length === columns, "a column is not an input");
    const before = new Set();
    for (const one of elements) {
        assert(one.id === one.name && one.variable.name === one.name, `${one.name} has several names`);
        for (const name of needsOf(one)) assert(before.has(name), `${one.name} needs ${name}, which comes later`);
        before.add(one.name);
    }
    const drawn = definitions.dmnDI.diagrams[0].diagramElements.map(shape => shape.dmnElementRef.id);
    const ids = elements.flatMap(one => [one.id, ...(one.informationRequirement ?? []).map(need => need.id)]);
    assert(JSON.stringify(drawn.sort()) === JSON.stringify(ids.sort()), "the diagram shows something else");
}

async function ran({ xml, rows, isKnown }) {
    const { rootElement: definitions, warnings } = await new DmnModdle().fromXML(xml);
    assert(warnings.length === 0, `${warnings.map(warning => warning.message)}`);
    checkGraph(definitions, rows[0].length);
    const elements = definitions.drgElement, items = definitions.itemDefinition ?? [];
    const inputs = elements.filter(one => one.$type === "dmn:InputData");
    const decisions = elements.filter(one => one.$type === "dmn:Decision");
    const steps = decisions.map(decision => {
        const logic = decision.decisionLogic, isTable = logic.$type === "dmn:DecisionTable";
        return [decision.name, isTable ? tableOf(logic, needsOf(decision)) : compiled(logic.text, needsOf(decision))];
    });
    const results = rows.map((row, number) => {
        const scope = {}, plain = number < PLAIN_ROWS;
        // JSON has no infinity.
        inputs.forEach((input, place) => { scope[input.name] = row[place] === "Infinity" ? Infinity : row[place]; });
        for (const [name, step] of steps) scope[name] = step(scope, plain);
        if (plain && isKnown)
            for (const { name, variable } of elements)
                assert(isOf(variable.typeRef, scope[name], items), `${name} is ${scope[name]}`);
        return decisions.map(decision => scope[decision.name]);
    });
    return { inputs: inputs.map(input => input.label), decisions: decisions.map(decision => decision.label), results };
}

const results = [];
for (const order of JSON.parse(readFileSync(0, "utf8"))) results.push(await ran(order));
process.stdout.write(JSON.stringify(results));

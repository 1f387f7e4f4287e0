import { describe, expect, it } from 'vitest';
import { emptyDictionaries, namedAccesses, tablesIn } from './dictionaries.js';
import { filesUnder } from './sources.js';
import type { Finding } from './syntax.js';

const sources = filesUnder(['src'], ['.ts']);
const tables = tablesIn(sources);

interface Exception {
  objects: readonly string[];
  why: string;
}

/** Where no caller's text is a key. Everything else that is found by a name is a Map, has no prototype, or is asked by `Object.hasOwn`. */
const EXCEPTIONS: Readonly<Record<string, Exception>> = {
  'src/config/config.ts': { objects: ['= {}', 'values[name] =', 'env[name]'], why: 'names of settings, as the table of settings has them' },
  'src/access/permissions-doc.ts': { objects: ['WHERE[row.where]'], why: 'places where a permission may be held, as the matrix names them' },
  'src/platform/graphql/error-code.enum.ts': { objects: ['Object.fromEntries'], why: 'codes of the table of codes' },
  'src/access/people/people-rules.ts': { objects: ['checks[rule]'], why: 'names of rules, spelled out where they are asked' },
  'src/access/shield.ts': {
    objects: ['= {}', 'applied[type] =', 'rules[type]', 'rules[type][field]', 'Object.fromEntries'],
    why: 'types and fields of the schema, as the rules name them',
  },
  'src/datacenters/datacenter.service.ts': { objects: ['before[field]', 'after[field]', 'Object.fromEntries'], why: 'fields of a datacenter, spelled out' },
  'src/virtual-servers/image-server/global-settings.service.ts': { objects: ['before[field]', 'after[field]', 'shownBefore[field]', 'shownAfter[field]', 'Object.fromEntries'], why: 'fields of the settings, spelled out' },
  'src/graphql/schema/direct-resolvers.ts': {
    objects: ['args[param.name]', 'resolver[methodName]', 'resolvers[type]', 'fields[handler.schemaName] ='],
    why: 'names of the schema and of methods, as decorators have them',
  },
  'src/graphql/admission/rules/document-limits.ts': { objects: ['size[kind]'], why: 'kinds of limits, spelled out' },
  'src/graphql/compiled/compile-query.ts': { objects: ['type.getFields()[name]'], why: 'fields of the schema, from the schema; graphql-js keeps them without a prototype' },
  'src/graphql/admission/input/input-validator.ts': { objects: ['type.getFields()[field.name.value]'], why: 'fields of the schema; graphql-js keeps them without a prototype' },
  'src/graphql/admission/input/size-validators.ts': { objects: ['value[name]'], why: 'names of input fields, as the schema has them' },
  'src/graphql/schema/dedupe-input-lists.ts': { objects: ['value[name]', 'copy ??= { ...value }[name] ='], why: 'names of arguments and input fields, as the schema has them' },
  'src/graphql/pipeline/public-errors.ts': { objects: ['errors[named]'], why: 'a number' },
  'src/platform/log-pretty.ts': { objects: ['Object.fromEntries'], why: 'what is made of pairs has every name as its own, and is shown' },
  'src/platform/database/metrics/statement-metrics.ts': { objects: ['this.#counts[bucket] ='], why: 'a number' },
  'src/platform/message-text.ts': { objects: ['value as Record<string, unknown>[key]', 'Object.fromEntries'], why: 'each name of a value itself, to show what it holds; what is made of pairs has every name as its own' },
  'src/image-server/file-response.ts': { objects: ['request.headers[name]'], why: 'names of headers, spelled out' },
  'src/images/rules/image-rules.ts': { objects: ['fields[field]'], why: 'fields of an image, spelled out' },
  'src/images/list/image-filter.ts': { objects: ['filter[name]'], why: 'fields of a filter, spelled out' },
  'src/images/list/list-images.ts': { objects: ['path.order[field]'], why: 'values of an enum, as GraphQL has checked' },
  'src/images/update/image-values.ts': { objects: ['stored[name]', 'Object.fromEntries'], why: 'fields of an image; the result is looked up by none' },
  'src/images/import/download/hash-worker.ts': { objects: ['Object.fromEntries'], why: 'names of algorithms' },
  'src/images/import/download/hasher.ts': { objects: ['this.readers[message]', 'this.readers[message] =', 'Object.fromEntries', 'Object.assign'], why: 'numbers of blocks, and names of algorithms' },
  'src/imgapi/upgrade-manifest.ts': { objects: ['moved[field] =', 'Object.fromEntries'], why: 'four fields, spelled out; what is made of pairs has every name as its own' },
  'src/imgapi/publish/published-fields.ts': { objects: ['Object.fromEntries'], why: 'traits, which nothing looks up' },
  'src/imgapi/publish/published-requirements.ts': { objects: ['Object.fromEntries'], why: 'requirements, spelled out, and versions of platforms, which have digits only' },
  'src/imgapi/publish/published-tags.ts': { objects: ['Object.fromEntries'], why: 'what is made of pairs has every name as its own; filters ask by Object.hasOwn' },
  'src/imgapi/manifest.ts': { objects: ['manifest[field]'], why: 'three fields, spelled out' },
  'src/platform/http/caller-trust.ts': { objects: ['headers[name]', 'caller.headers[name]'], why: 'names of headers, spelled out' },
  'src/platform/graphql/enum-of.ts': { objects: ['Object.fromEntries'], why: 'values of an enum, spelled out' },
  'src/platform/fetch/fetch.ts': { objects: ['Object.fromEntries'], why: 'headers, which are looked up by names that are spelled out' },
  'src/platform/database/list/key-loader.ts': { objects: ['columns[field]', 'row[field]'], why: 'fields that are keys, spelled out where a loader is made' },
  'src/platform/database/list/page.ts': { objects: ['args[path]'], why: 'arguments of pages, spelled out' },
  'src/platform/graphql/selection.ts': { objects: ['info.fragments[node.name.value]'], why: 'only fragments that are there pass validation; graphql-js keeps them without a prototype' },
  'src/repositories/refresh/insert-remote-manifests.ts': { objects: ['row[column]'], why: 'columns, spelled out' },
  'src/tasks/changes/change-bus.ts': { objects: ['this.#shared[change.type]', 'this.#shared[type]'], why: 'types of changes, which this program makes alone' },
  'src/tasks/runner/task-runner.ts': { objects: ['this.options.handlers[action]'], why: 'actions, as the database has them' },
  'src/tasks/runner/task-lanes.ts': { objects: ['this.#queues[lane]'], why: 'lanes, as the handlers have them' },
};

function isExcepted({ path, what }: Finding): boolean {
  return Object.hasOwn(EXCEPTIONS, path) && (EXCEPTIONS[path]?.objects.includes(what) ?? false);
}

const findings = sources.flatMap((file) => [...namedAccesses(file, tables), ...emptyDictionaries(file)]);

describe('what is found by a name', () => {
  it('is found among what was put there only', () => {
    expect(findings.filter((finding) => !isExcepted(finding))).toEqual([]);
  });

  it('has no exception that nothing needs', () => {
    const needed = new Set(findings.map(({ path, what }) => `${path} ${what}`));
    const listed = Object.entries(EXCEPTIONS).flatMap(([path, { objects }]) => objects.map((object) => `${path} ${object}`));
    expect(listed.filter((one) => !needed.has(one))).toEqual([]);
  });
});

function found(text: string): string[] {
  const file = { path: 'src/offending.ts', text };
  return [...namedAccesses(file), ...emptyDictionaries(file)].map(({ what }) => what);
}

describe('the law of dictionaries', () => {
  it.each([
    ['const values = {}; for (const name of names) values[name] = 1;', 'values[name] ='],
    ['const values: Record<string, number> = {};', '= {}'],
    ['const values = {} as Record<string, number>;', '= {}'],
    ['class Cache { known: Record<string, number> = {}; }', '= {}'],
    ['const values = Object.fromEntries(pairs);', 'Object.fromEntries'],
    ["const TABLE: Record<string, number> = { a: 1 }; function of(name: string) { return TABLE[name]; }", 'TABLE[name]'],
    ['use(manifest.tags[key]);', 'manifest.tags[key]'],
    ['use(variables[variable.name.value]);', 'variables[variable.name.value]'],
    ['use(headers[`x-${name}`]);', 'headers[`x-${name}`]'],
    ["use(rules[type + '.' + field]);", "rules[type + '.' + field]"],
    ['use(name in table);', 'name in'],
    ['counts[name] += 1;', 'counts[name] ='],
    ['counts[name]++;', 'counts[name] ='],
    ['Object.assign(target, given);', 'Object.assign'],
    ['Object.setPrototypeOf(target, given);', 'Object.setPrototypeOf'],
    ['use(target.__proto__);', '__proto__'],
    ['use({ __proto__: given });', '__proto__'],
    ['function other() { return Object.hasOwn(table, name); } function of() { return table[name]; }', 'table[name]'],
  ])('finds %s', (text, what) => {
    expect(found(text)).toContain(what);
  });

  it.each([
    "const TABLE = { a: 1, b: 2 } as const; function of(name: 'a' | 'b') { return TABLE[name]; }",
    'const values: Record<string, number> = Object.create(null); for (const name of names) values[name] = 1;',
    'const of = (name: string) => (Object.hasOwn(table, name) ? table[name] : undefined);',
    'const known = new Map<string, number>(); known.set(name, 1); use(known.get(name));',
    "use(list[at], list[at + 1], list[0], row['name'], list[list.length - 1], source[Symbol.asyncIterator], 'code' in error);",
    'Object.assign(new Error(message), { code: 1 }); Object.assign(Object.create(null), coerced);',
  ])('finds nothing in %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

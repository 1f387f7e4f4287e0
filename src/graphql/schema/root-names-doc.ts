import { buildSchema, type GraphQLObjectType } from 'graphql';

const BEGIN = '<!-- The names of the root fields, by "npm run docs". -->';
const END = '<!-- End of the names. -->';

function line(type: GraphQLObjectType | null | undefined): string[] {
  if (!type) return [];
  const names = Object.keys(type.getFields()).map((name) => `\`${name}\``);
  return [`| \`${type.name}\` | ${names.join(', ')} |`];
}

/** The page, with the names of all root fields of the schema between its two comments. */
export function withRootNames(page: string, sdl: string): string {
  const schema = buildSchema(sdl);
  const [before, rest] = page.split(BEGIN, 2);
  const after = rest?.split(END, 2)[1];
  if (before === undefined || after === undefined) throw new Error(`The page has no "${BEGIN}" or no "${END}".`);
  const lines = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(line);
  return [before, BEGIN, '\n\n', ['| Type | Fields |', '|---|---|', ...lines].join('\n'), '\n\n', END, after].join('');
}

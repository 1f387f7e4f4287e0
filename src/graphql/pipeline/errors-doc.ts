import { IMGAPI_STATUS, type ImgapiCode } from '../../imgapi/errors.js';
import { type CodeRow, ERROR_CODES, FIELD_CODES } from '../../platform/error-codes.js';

/** The codes that the image server answers with: when, and what a client should do. */
const IMGAPI_CODES: Partial<Record<ImgapiCode, readonly [when: string, advice: string]>> = {
  BadRequestError: ['The request cannot be read.', 'Correct it as the message says.'],
  InternalError: ['Something went wrong in the gateway. The message has the request id.', 'Try again in a moment; report it with the request id if it stays.'],
  InvalidHeader: ['A header has a value that cannot be read.', 'Correct the header that the message names.'],
  InvalidParameter: ['Parameters of the query have values that are not accepted, or are not supported. `errors` lists all of them.', 'Correct or drop them.'],
  InvalidVersion: ['`Accept-Version` asks for a version that is not served.', 'Ask for one that the message names, or for none.'],
  MethodNotAllowedError: ['The request would write; images are changed through GraphQL alone.', 'Use the mutations of the graph.'],
  RequestThrottled: ['The address, or all together, ask for too many lists.', 'Wait as long as `Retry-After` says.'],
  ResourceNotFound: ['There is no such image, file or path, or the caller may not see it: callers outside `IMGAPI_TRUSTED` see PUBLIC images only.', 'Read the list again.'],
  ServiceUnavailableError: ['No image server is configured, or the file of the image is not available.', 'Try again later, and tell the operator.'],
  UnauthorizedError: ['The request asks for what only operators see.', 'Leave the parameter out.'],
};

function table(head: string, lines: readonly string[]): string {
  return [head, `|${'---|'.repeat(head.split('|').length - 2)}`, ...lines].join('\n');
}

/** docs/errors.md: every code, when it comes, what to do, and the HTTP status. */
export function errorsMarkdown(): string {
  const codes = Object.entries<CodeRow>(ERROR_CODES).map(([code, { when, advice, statuses }]) => `| ${code} | ${when} | ${advice} | ${statuses.join(', ')} |`);
  const fields = Object.entries(FIELD_CODES).map(([code, when]) => `| ${code} | ${when} |`);
  const imgapi = Object.entries(IMGAPI_CODES).map(([code, [when, advice]]) => `| ${code} | ${when} | ${advice} | ${IMGAPI_STATUS[code as keyof typeof IMGAPI_STATUS]} |`);
  return `# Errors

Generated from \`src/platform/error-codes.ts\` and \`src/imgapi/errors.ts\` by \`npm run docs\`.

Every error has \`extensions.code\`, one of the codes below, on every transport. Branch on the code; the message is for people and may
change. The same codes stand in \`Task.errorCode\`, in the verdicts of \`actions\`, and in \`RepositoryImage.notImportableReason\`; the
enum \`ErrorCode\` of the schema holds them all.

A refusal leaves the rest of the answer: the field that was refused is null, \`path\` of the error names it, and the status is 200. Fields
that can be refused are nullable; their descriptions say who may see them. A mutation or subscription that is refused has no data.

Another status than 200 belongs to the refusal of a whole request, before anything ran. It is that of the media type
\`application/graphql-response+json\`. With \`Accept: application/json\`, a well-formed request whose operation is at fault has status 200.
Over WebSocket and SSE, the same errors come as messages.

## Codes

${table('| Code | When | What to do | HTTP status |', codes)}

## Faults of the input

\`extensions.fields\` lists the inputs to blame, so that a form can show each message at its field. BAD_USER_INPUT always has it, with every
fault at once; other codes have it where an input is to blame, such as the name that is taken. Each entry has

- \`path\`: the argument, or the field of the input object, such as \`name\`, \`tags.0\` or \`disks.1.image\`. Input objects themselves are not
  named: the field \`alias\` of \`$input\` is \`alias\`.
- \`code\`: the rule that the value breaks, or the code of the refusal that it led to, such as NOT_FOUND or ALREADY_EXISTS.
- \`message\`: a sentence for people.
- \`params\`: the values that the message names, so that a client can write its own: \`value\` is what was given. Empty when there are none.

\`extensions.fieldsLeftOut\` counts the faults that did not fit.

${table('| Rule | When |', fields)}

## The image server

What is below /imgapi answers with \`{ code, message, errors }\`, in the words of its protocol.

${table('| Code | When | What to do | HTTP status |', imgapi)}
`;
}

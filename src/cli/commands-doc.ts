import { helpTexts, OF_EVERY_COMMAND } from './command-line.js';

/** docs/command-line.md, complete. */
export async function commandLineMarkdown(): Promise<string> {
  const [program, ...commands] = await helpTexts();
  const sections = commands.flatMap(({ call, text }) => [`## ${call}`, '', fenced(ownText(text)), '']);
  return [
    '# Command line',
    '',
    'The command `image-gateway` starts a gateway, administers the one on this machine (database, image store, backups), and works with',
    'any gateway over GraphQL. In a checkout, run `npm run build` first; then it is `npx image-gateway`.',
    '',
    'Sign in once, or set `GATEWAY_URL` and `GATEWAY_KEY`, which win over the stored sign-in:',
    '',
    '```sh',
    'image-gateway login https://images.example.com   # asks for the key, or reads it from stdin',
    'image-gateway images ls',
    '```',
    '',
    '`login` stores address and key in `login.json`, in the folder `image-gateway` of your settings (`XDG_CONFIG_HOME`, by default',
    '`~/.config`), which only you can read. That key is sent to no other server than the one it was given for.',
    '',
    'Results go to stdout, as a table that is cut to the width of the terminal, or as JSON with `-o json`; notes, progress and errors go',
    'to stderr. In a pipe nothing is cut, and progress is a line for each step. Lists read page after page, up to `--limit`.',
    '',
    '| Exit code | Meaning |',
    '|---|---|',
    '| 0 | done, or there was nothing to do |',
    '| 1 | refused by the gateway, or failed |',
    '| 2 | the arguments are wrong, or a setting is missing |',
    '| 3 | the gateway, or for `migrate` the database, does not answer |',
    '',
    'A nightly import by cron, which does nothing while there is nothing new:',
    '',
    '```sh',
    "image-gateway images import debian-12 --repo community --newest --as 'debian-12-{version}' --if-missing --wait",
    '```',
    '',
    'Completion: `image-gateway completion >> ~/.bashrc`.',
    '',
    fenced(program?.text ?? ''),
    '',
    ...sections,
    'This page is generated: change the commands in `src/cli`, then run `npm run docs`.',
    '',
  ].join('\n');
}

/** Without the options that every command has, which the page shows once. */
function ownText(text: string): string {
  const [before = '', rest = ''] = text.split(OF_EVERY_COMMAND, 2);
  return `${before.trimEnd()}\n\n${rest.split('\n\n').slice(1).join('\n\n')}`.trim();
}

function fenced(text: string): string {
  return ['```text', ...text.trim().split('\n').map((line) => line.trimEnd()), '```'].join('\n');
}

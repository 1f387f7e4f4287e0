import { begin, run } from './project.js';

begin(`npm run codegen [-- --check]: makes typed documents for the tests, the SDK and the trusted documents of the examples, as
codegen.yml says, of schema.graphql. --check only compares, and fails on a difference.`);
process.exitCode = (await run('graphql-codegen', '--config', 'codegen.yml', ...process.argv.slice(2))) ? 0 : 1;

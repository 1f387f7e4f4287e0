import type { FastifyReply, FastifyRequest } from 'fastify';
import { prefersApplicationJson } from './admission-plugin.js';
import type { BudgetExceeded } from '../admission/cost/cost-ledger.js';
import type { GraphqlServer } from './graphql-server.js';
import type { FinishedOperation } from '../pipeline/operation-report.js';

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
  context: FinishedOperation['context'];
}

/**
 * Answers a request whose sender has nothing left of its budget. Apollo Server would take several times as long to refuse
 * it, and whoever keeps sending must not keep the process busy.
 */
export function refuseOverBudget(graphqlServer: GraphqlServer, { request, reply, context }: Exchange, error: BudgetExceeded): string {
  const { errors, response: answer } = graphqlServer.pipeline.refusal(error, context);
  const pairs = answer.headers ?? [];
  for (let at = 0; at < pairs.length; at += 2) reply.header(pairs[at] ?? '', pairs[at + 1]);
  const type = prefersApplicationJson(request.headers.accept) ? 'application/json' : 'application/graphql-response+json';
  void reply.code(429).header('retry-after', String(error.retryAfter)).header('content-type', `${type}; charset=utf-8`);
  return `${JSON.stringify({ errors, extensions: answer.extensions })}\n`;
}

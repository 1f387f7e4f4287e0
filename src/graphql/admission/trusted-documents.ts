import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { getOperationAST, parse } from 'graphql';
import { AppError } from '../../platform/errors.js';
import { quoteValue } from '../../platform/message-text.js';
import { StartRefusal } from '../../platform/start-refusal.js';

/** The SHA-256 of a document's text, in hex. */
export function hashOf(document: string): string {
  return createHash('sha256').update(document).digest('hex');
}

/** Null for a text that cannot be parsed. */
function parsed<T>(text: string, parser: (text: string) => T): T | null {
  try {
    return parser(text);
  } catch {
    return null;
  }
}

/** The allow-list of documents: a manifest of SHA-256 in hex to document, as `npm run codegen` writes it. */
export class TrustedDocuments {
  private constructor(
    private readonly documents: ReadonlyMap<string, string>,
    /** The names of the operations in the manifest. */
    readonly names: ReadonlySet<string>,
  ) {}

  /** Reads the manifest. Throws when the file is no manifest, or when a hash is not that of its document. */
  static read(path: string): TrustedDocuments {
    const fail = (reason: string): never => {
      throw new StartRefusal(`TRUSTED_DOCUMENTS=${path}: ${reason}; accepted: a JSON object of SHA-256 (hex) to document.`);
    };
    if (statSync(path).isDirectory()) return fail('it is a folder');
    const manifest = parsed(readFileSync(path, 'utf8'), JSON.parse) ?? fail('it is no JSON');
    if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) return fail('it is no JSON object');
    const documents = new Map<string, string>();
    const names = new Set<string>();
    for (const [hash, document] of Object.entries(manifest)) {
      if (typeof document !== 'string' || hashOf(document) !== hash) return fail(`${quoteValue(hash)} is not the hash of its document`);
      documents.set(hash, document);
      const name = getOperationAST(parsed(document, parse) ?? fail(`the document of ${hash} is no GraphQL`))?.name?.value;
      if (name !== undefined) names.add(name);
    }
    return new TrustedDocuments(documents, names);
  }

  get(hash: string): string | undefined {
    return this.documents.get(hash);
  }

  /** Throws DOCUMENT_NOT_TRUSTED for a document that is not in the manifest. */
  require(hash: string): void {
    if (this.documents.has(hash)) return;
    throw new AppError('DOCUMENT_NOT_TRUSTED', `The operation with SHA-256 ${hash} is not in the manifest of this gateway; only the operations in it run.`);
  }
}

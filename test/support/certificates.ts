import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** False where a test that needs certificates has to be skipped. */
export async function hasOpenssl(): Promise<boolean> {
  return run('openssl', ['version']).then(() => true, () => false);
}

async function openssl(folder: string, ...words: string[]): Promise<void> {
  await run('openssl', words, { cwd: folder });
}

/** Makes an authority: `NAME.pem` and `NAME.key`, unencrypted. */
export async function makeAuthority(folder: string, name: string): Promise<void> {
  await openssl(folder, 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`);
}

/** Makes a certificate of that authority with its key; `hosts` as in subjectAltName, none for a client. */
export async function makeCertificate(folder: string, authority: string, { name, hosts }: { name: string; hosts?: string }): Promise<void> {
  await openssl(folder, 'req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  await writeFile(join(folder, `${name}.ext`), hosts === undefined ? 'basicConstraints=CA:FALSE\n' : `subjectAltName=${hosts}\n`);
  await openssl(folder, 'x509', '-req', '-in', `${name}.csr`, '-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.pem`);
}

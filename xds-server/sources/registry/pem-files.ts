/** Certificates and keys that the registry names: whether they can be used, and a version of what is in them. */

import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { absolutePath, type FileText, type Surroundings } from "./expansion.js";
import type { Path } from "./registry-node.js";

export interface PemFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

type Complain = (path: Path, says: string, hint: string) => void;

export function checkPemFiles(files: PemFiles, surroundings: Surroundings, complain: Complain): void {
  checkCertificate("ca", files.ca, surroundings, complain);
  const cert = checkCertificate("cert", files.cert, surroundings, complain);
  const keyText = readPem("key", files.key, surroundings, complain);
  if (keyText === undefined) return;
  const key = tryOut(() => createPrivateKey(keyText));
  if (key === undefined) complain(["tls", "key"], "holds no key that can be used", "a private key in PEM form, without a password");
  else if (cert !== undefined && !cert.checkPrivateKey(key)) complain(["tls", "key"], "does not belong to the certificate in tls.cert", "put the key of that certificate there: both files are looked at again when either changes");
}

/**
 * Envoy reads the files when it is told of them. With this in what it is told, it is told again when they have changed.
 * `files`: as they were looked at.
 */
export function versionOfPemFiles({ ca, cert, key }: PemFiles, folder: string, files: ReadonlyMap<string, FileText>): string | undefined {
  const texts = [ca, cert, key].map((path) => (path === undefined ? undefined : files.get(absolutePath(path, folder))));
  if (texts.every((text) => text === undefined)) return undefined;
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text?.kind === "text" ? `${text.text.length} ${text.text}` : "none");
  return hash.digest("hex").slice(0, 16);
}

function checkCertificate(field: keyof PemFiles, file: string | undefined, surroundings: Surroundings, complain: Complain): X509Certificate | undefined {
  const text = readPem(field, file, surroundings, complain);
  if (text === undefined) return undefined;
  const certificate = tryOut(() => new X509Certificate(text));
  if (certificate === undefined) complain(["tls", field], "holds no certificate that can be read", "a certificate in PEM form");
  return certificate;
}

function readPem(field: keyof PemFiles, file: string | undefined, { folder, lookUpFile }: Surroundings, complain: Complain): string | undefined {
  if (file === undefined) return undefined;
  const read = lookUpFile(absolutePath(file, folder));
  if (read.kind === "unreadable") complain(["tls", field], `cannot be read: ${read.why}`, "a relative path begins at the registry file's folder");
  else if (!read.text.includes("-----BEGIN ")) complain(["tls", field], "is no PEM file", "it has -----BEGIN … in it");
  else return read.text;
  return undefined;
}

/** The library throws for whatever it cannot read, and says nothing that helps. */
function tryOut<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Authorities and certificates for tests, made anew by openssl and good for two days. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** PEM files. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Authority {
  readonly caFile: string;
  /** `names` as in a subject alternative name: `DNS:localhost`, `IP:127.0.0.1`. */
  issue(name: string, names?: readonly string[]): Certificate;
}

const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];

export function makeAuthority(folder: string, name: string): Authority {
  const openssl = (...args: readonly string[]): void => void execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  openssl("req", "-x509", ...curve, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.pem`);
  return {
    caFile: join(folder, `${name}.pem`),
    issue(subject, names = ["DNS:localhost", "IP:127.0.0.1"]) {
      openssl("req", "-x509", ...curve, "-subj", `/CN=${subject}`, "-addext", `subjectAltName=${names.join(",")}`, "-addext", "basicConstraints=critical,CA:FALSE", "-CA", `${name}.pem`, "-CAkey", `${name}.key`, "-keyout", `${subject}.key`, "-out", `${subject}.pem`);
      return { certFile: join(folder, `${subject}.pem`), keyFile: join(folder, `${subject}.key`) };
    },
  };
}

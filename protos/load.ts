/** Our .proto files, loaded once and when first needed: every message by its full name, and how to read one from bytes. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";
import { projectRoot } from "./project-root.js";

const protoFolder = join(projectRoot, "protos");
let loaded: protobuf.Root | undefined;
/** The library looks a name up anew each time, and a snapshot asks for some of them ten thousand times. */
const typesByName = new Map<string, protobuf.Type>();

/** Message and field names as Envoy's own YAML writes them: `connect_timeout`, not `connectTimeout`. */
export function protoRoot(): protobuf.Root {
  loaded ??= loadAll();
  return loaded;
}

/** All .proto files of ours, relative to `protos/`, sorted. */
export function protoFiles(): readonly string[] {
  return readdirSync(protoFolder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".proto"))
    .sort();
}

/** `name` without a leading dot: `envoy.config.cluster.v3.Cluster`. */
export function messageType(name: string): protobuf.Type {
  const known = typesByName.get(name);
  if (known !== undefined) return known;
  const found = protoRoot().lookup(`.${name}`, protobuf.Type);
  if (found instanceof protobuf.Type) {
    typesByName.set(name, found);
    return found;
  }
  throw new Error(`message "${name}" is not among the .proto files under protos/: add it there, with the fields that are used`);
}

/**
 * The message in the form of its generated `…__Output` type: numbers for 64 bits, strings for enums, every repeated
 * field present, the others only when set; an Any stays `{type_url, value}`.
 */
export function decodeMessage<Output>(name: string, bytes: Uint8Array): Output {
  const type = messageType(name);
  // The generated type and the message come from the same .proto file: they describe one form.
  return type.toObject(type.decode(bytes), { longs: Number, enums: String, arrays: true, oneofs: true }) as Output;
}

export const typeUrlPrefix = "type.googleapis.com/";

function loadAll(): protobuf.Root {
  const root = new protobuf.Root();
  // google/protobuf/… has no file of ours: protobufjs knows these names and brings them itself.
  root.resolvePath = (_origin, target) => join(protoFolder, target);
  root.loadSync([...protoFiles()], { keepCase: true });
  root.resolveAll();
  return root;
}

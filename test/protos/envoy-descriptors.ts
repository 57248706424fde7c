/** The descriptors that lie in an Envoy binary, and where our .proto files say something else than they do. */

import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor/index.js";

type FieldDescriptor = descriptor.IFieldDescriptorProto & { readonly proto3Optional?: boolean };

/** What Envoy's API says, by full name with a leading dot. */
export interface Descriptors {
  readonly files: ReadonlySet<string>;
  readonly messages: ReadonlyMap<string, descriptor.IDescriptorProto>;
  readonly enums: ReadonlyMap<string, descriptor.IEnumDescriptorProto>;
  readonly services: ReadonlyMap<string, descriptor.IServiceDescriptorProto>;
}

/**
 * The compiler puts every file's serialized FileDescriptorProto into the binary as it is. Each begins with its name:
 * tag, length, and a text that ends in ".proto"; where it ends, its own fields say.
 */
export function readDescriptors(binary: Buffer): Descriptors {
  const files = new Set<string>();
  const messages = new Map<string, descriptor.IDescriptorProto>();
  const enums = new Map<string, descriptor.IEnumDescriptorProto>();
  const services = new Map<string, descriptor.IServiceDescriptorProto>();
  const addEnum = (prefix: string, type: descriptor.IEnumDescriptorProto): void => void enums.set(`${prefix}.${type.name}`, type);
  const addMessage = (prefix: string, type: descriptor.IDescriptorProto): void => {
    const name = `${prefix}.${type.name}`;
    messages.set(name, type);
    for (const nested of type.nestedType ?? []) addMessage(name, nested);
    for (const nested of type.enumType ?? []) addEnum(name, nested);
  };
  for (const bytes of findFiles(binary)) {
    // The generated declarations of this part of the library know only the bare message.
    const file = descriptor.FileDescriptorProto.decode(bytes) as unknown as descriptor.IFileDescriptorProto & { package?: string };
    const prefix = file.package ? `.${file.package}` : "";
    files.add(file.name ?? "");
    for (const type of file.messageType ?? []) addMessage(prefix, type);
    for (const type of file.enumType ?? []) addEnum(prefix, type);
    for (const service of (file.service ?? []) as descriptor.IServiceDescriptorProto[]) services.set(`${prefix}.${service.name}`, service);
  }
  return { files, messages, enums, services };
}

/** One sentence for each thing of ours that Envoy does not know, or knows otherwise. */
export function differences(ours: protobuf.Root, theirs: Descriptors): readonly string[] {
  return membersOf(ours).flatMap((member) => {
    const name = member.fullName.slice(1);
    // Part of the format itself; protobufjs brings them.
    if (name.startsWith("google.protobuf.") || name.startsWith("mcp_mesh.")) return [];
    if (member instanceof protobuf.Type) {
      const their = theirs.messages.get(member.fullName);
      return their === undefined ? [`message ${name} does not exist in Envoy`] : messageDifferences(member, their, theirs);
    }
    if (member instanceof protobuf.Enum) {
      const their = theirs.enums.get(member.fullName);
      return their === undefined ? [`enum ${name} does not exist in Envoy`] : enumDifferences(member, their);
    }
    if (member instanceof protobuf.Service) {
      const their = theirs.services.get(member.fullName);
      return their === undefined ? [`service ${name} does not exist in Envoy`] : serviceDifferences(member, their);
    }
    return [];
  });
}

function* findFiles(binary: Buffer): Iterable<Buffer> {
  const suffix = ".proto";
  for (let at = binary.indexOf(suffix); at >= 0; at = binary.indexOf(suffix, at + 1)) {
    const nameEnd = at + suffix.length;
    // The tag 0x0a, then the length of exactly what follows up to here.
    for (let length = suffix.length + 1; length < 128 && nameEnd - length >= 2; length++) {
      const start = nameEnd - length - 2;
      if (binary[start] !== 0x0a || binary[start + 1] !== length) continue;
      const end = endOfFile(binary, nameEnd);
      if (end > nameEnd && /^[\w./-]+$/.test(binary.toString("latin1", start + 2, nameEnd))) yield binary.subarray(start, end);
      break;
    }
  }
}

/** Fields are serialized in the order of their numbers, so whatever breaks that order is no part of the file. */
function endOfFile(binary: Buffer, afterName: number): number {
  const reader = new protobuf.BufferReader(binary);
  reader.pos = afterName;
  let last = 1;
  for (;;) {
    const end = reader.pos;
    try {
      const tag = reader.uint32();
      const field = tag >>> 3;
      if (field < Math.max(last, 2) || field > 14) return end;
      reader.skipType(tag & 7);
      last = field;
    } catch {
      // Not a field: the file has ended, and something else stands behind it.
      return end;
    }
  }
}

function messageDifferences(ours: protobuf.Type, theirs: descriptor.IDescriptorProto, all: Descriptors): readonly string[] {
  return ours.fieldsArray.flatMap((field) => {
    field.resolve();
    const name = `${ours.fullName.slice(1)}.${field.name}`;
    const their = (theirs.field ?? []).find((candidate) => candidate.name === field.name);
    if (their === undefined) {
      const successor = (theirs.field ?? []).find((candidate) => candidate.number === field.id);
      return [`field ${name} = ${field.id} does not exist in Envoy${successor === undefined ? "" : `, whose field ${field.id} is ${successor.name}`}`];
    }
    return [
      ...unlessEqual(`field ${name}: number`, field.id, their.number),
      ...unlessEqual(`field ${name}: type`, ourType(field), theirType(their, all)),
      ...unlessEqual(`field ${name}: oneof`, ourOneof(field), theirOneof(their, theirs)),
    ];
  });
}

function enumDifferences(ours: protobuf.Enum, theirs: descriptor.IEnumDescriptorProto): readonly string[] {
  const numbers = new Map((theirs.value ?? []).map((value) => [value.name, value.number ?? 0]));
  return Object.entries(ours.values).flatMap(([value, number]) => unlessEqual(`enum ${ours.fullName.slice(1)}: ${value}`, number, numbers.get(value)));
}

function serviceDifferences(ours: protobuf.Service, theirs: descriptor.IServiceDescriptorProto): readonly string[] {
  return ours.methodsArray.flatMap((method) => {
    method.resolve();
    const their = (theirs.method ?? []).find((candidate) => candidate.name === method.name);
    const form = `${stream(method.requestStream)}${method.resolvedRequestType?.fullName} → ${stream(method.responseStream)}${method.resolvedResponseType?.fullName}`;
    const theirForm = their && `${stream(their.clientStreaming)}${their.inputType} → ${stream(their.serverStreaming)}${their.outputType}`;
    return unlessEqual(`method ${ours.fullName.slice(1)}.${method.name}`, form, theirForm);
  });
}

function stream(isStream: boolean | null | undefined): string {
  return isStream ? "stream " : "";
}

function ourType(field: protobuf.Field): string {
  const element = field.resolvedType?.fullName ?? field.type;
  if (field instanceof protobuf.MapField) return `map<${field.keyType}, ${element}>`;
  return field.repeated ? `repeated ${element}` : element;
}

function theirType(field: descriptor.IFieldDescriptorProto, all: Descriptors): string {
  const entry = all.messages.get(field.typeName ?? "");
  if (entry?.options?.mapEntry) {
    const [key, value] = [1, 2].map((number) => (entry.field ?? []).find((candidate) => candidate.number === number));
    return `map<${key && theirType(key, all)}, ${value && theirType(value, all)}>`;
  }
  const element = field.typeName || scalarNames[field.type ?? 0] || `type ${field.type}`;
  return field.label === repeatedLabel ? `repeated ${element}` : element;
}

function ourOneof(field: protobuf.Field): string {
  if (field.options?.["proto3_optional"]) return "none, optional";
  return field.partOf?.name ?? "none";
}

function theirOneof(field: FieldDescriptor, message: descriptor.IDescriptorProto): string {
  if (field.proto3Optional) return "none, optional";
  // A field in no oneof has no index of its own; the one it inherits is the default.
  return Object.hasOwn(field, "oneofIndex") ? (message.oneofDecl?.[field.oneofIndex ?? 0]?.name ?? "unknown") : "none";
}

function unlessEqual(what: string, ours: string | number, theirs: string | number | null | undefined): readonly string[] {
  return ours === theirs ? [] : [`${what} is ${ours} in our .proto file and ${theirs ?? "absent"} in Envoy`];
}

function membersOf(namespace: protobuf.NamespaceBase): readonly protobuf.ReflectionObject[] {
  return namespace.nestedArray.flatMap((member) => [member, ...(member instanceof protobuf.Namespace ? membersOf(member) : [])]);
}

const repeatedLabel = 3;

/** By the number that descriptors give to a type. */
const scalarNames: Readonly<Record<number, string>> = {
  1: "double",
  2: "float",
  3: "int64",
  4: "uint64",
  5: "int32",
  6: "fixed64",
  7: "fixed32",
  8: "bool",
  9: "string",
  12: "bytes",
  13: "uint32",
  15: "sfixed32",
  16: "sfixed64",
  17: "sint32",
  18: "sint64",
};

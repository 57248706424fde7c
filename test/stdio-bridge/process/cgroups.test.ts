/** Where a bridge finds the cgroup that it may divide. */

import { expect } from "chai";
import { delegatedFolder, findOwn } from "../../../stdio-bridge/process/cgroups.js";

const unified = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

describe("cgroups", () => {
  for (const { what, mountInfo, cgroup, expected } of [
    { what: "below the one mount", mountInfo: unified, cgroup: "0::/user.slice/session-1.scope\n", expected: "/sys/fs/cgroup/user.slice/session-1.scope" },
    { what: "at the root of a container's own namespace", mountInfo: unified, cgroup: "0::/\n", expected: "/sys/fs/cgroup" },
    { what: "beside the controllers of version 1", mountInfo: `31 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n${unified.replace("/sys/fs/cgroup ", "/sys/fs/cgroup/unified ")}`, cgroup: "4:memory:/a\n0::/b\n", expected: "/sys/fs/cgroup/unified/b" },
    { what: "where only a part of the tree is mounted", mountInfo: unified.replace("0:26 / ", "0:26 /docker/abc "), cgroup: "0::/docker/abc/inner\n", expected: "/sys/fs/cgroup/inner" },
    { what: "nowhere without version 2", mountInfo: "31 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", cgroup: "4:memory:/a\n", expected: undefined },
    { what: "nowhere when its cgroup lies outside of what it sees", mountInfo: unified, cgroup: "0::/../other\n", expected: undefined },
  ]) {
    it(`finds its own ${what}`, () => expect(findOwn(mountInfo, cgroup)).to.equal(expected));
  }

  for (const [own, expected] of [
    ["/sys/fs/cgroup/system.slice/mesh.service", "/sys/fs/cgroup/system.slice/mesh.service"],
    ["/sys/fs/cgroup/system.slice/mesh.service/main", "/sys/fs/cgroup/system.slice/mesh.service"],
    ["/sys/fs/cgroup/user.slice/user-1.slice/user@1.service/app.slice/run-1.scope", "/sys/fs/cgroup/user.slice/user-1.slice/user@1.service/app.slice/run-1.scope"],
    ["/sys/fs/cgroup", "/sys/fs/cgroup"],
  ] as const) {
    it(`divides ${expected} when it runs in ${own}`, () => expect(delegatedFolder(own)).to.equal(expected));
  }
});

/** Whom a process runs as: names and numbers → ids, or what keeps it. */

import { expect } from "chai";
import { readUser } from "../../../stdio-bridge/process/run-as.js";

const passwd = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:An app:/srv/app:/bin/sh\n";
const group = "root:x:0:\ndata:x:2000:app\n";

describe("run as", () => {
  const app = { USER: "app", LOGNAME: "app", HOME: "/srv/app" };
  for (const { user, ownUid, expected } of [
    { user: "app", ownUid: 0, expected: { uid: 1000, gid: 1001, env: app } },
    { user: "1000", ownUid: 0, expected: { uid: 1000, gid: 1001, env: app } },
    { user: "app:data", ownUid: 0, expected: { uid: 1000, gid: 2000, env: app } },
    { user: "app:7", ownUid: 0, expected: { uid: 1000, gid: 7, env: app } },
    { user: "5000", ownUid: 0, expected: { uid: 5000, gid: 5000, env: {} } },
    { user: "app", ownUid: 1000, expected: { uid: 1000, gid: 1001, env: app } },
  ]) {
    it(`${user} for a bridge of user ${ownUid}`, () => expect(readUser(user, passwd, group, ownUid)).to.deep.equal({ kind: "good", runAs: expected }));
  }

  for (const { user, ownUid, what } of [
    { user: "ap", ownUid: 0, what: 'user "ap" is not in /etc/passwd: create it on the bridge\'s machine, or give its number' },
    { user: "app:dat", ownUid: 0, what: 'group "dat" is not in /etc/group: create it on the bridge\'s machine, or give its number' },
    { user: "app", ownUid: 500, what: 'to run as user "app" the bridge itself must run as root, not as user 500' },
    { user: "app", ownUid: undefined, what: 'to run as user "app" the bridge itself must run as root' },
  ]) {
    it(`not ${user} for a bridge of user ${ownUid}`, () => expect(readUser(user, passwd, group, ownUid)).to.deep.equal({ kind: "bad", what }));
  }
});

/** What may be asked of Kubernetes, and what an autoscaler would make of it. */

import { expect } from "chai";
import { autoscalerVerdict } from "../../../xds-server/lifecycle/autoscaler.js";
import { checkName, checkNames, checkNamespace, checkReplicas, checkSelector, checkTimeout } from "../../../xds-server/lifecycle/input-checks.js";
import { LifecycleError, toErrorBody, toLifecycleError } from "../../../xds-server/lifecycle/lifecycle-error.js";
import { KubernetesError, toKubernetesError } from "../../../xds-server/kubernetes/kubernetes-error.js";

function verdict(check: () => unknown): string {
  try {
    check();
    return "taken";
  } catch (error) {
    if (!(error instanceof LifecycleError)) throw error;
    return error.code;
  }
}

describe("input of the lifecycle", () => {
  const good: readonly (readonly [string, () => unknown])[] = [
    ["a name", () => checkName("search-2")],
    ["a name with dots", () => checkName("search.v2")],
    ["a name of 253", () => checkName("a".repeat(253))],
    ["a namespace of 63", () => checkNamespace("a".repeat(63))],
    ["no replica", () => checkReplicas(0, 10)],
    ["as many as there may be", () => checkReplicas(10, 10)],
    ["half a second", () => checkTimeout(0.5)],
    ["a selector", () => checkSelector("app.kubernetes.io/component=mcp-server")],
    ["a selector of all forms", () => checkSelector("a==b, c!=d,e,!f,g in (h, i),j notin (k),l=")],
    ["several names", () => checkNames(["a", "b"])],
  ];
  for (const [what, check] of good) it(`takes ${what}`, () => expect(verdict(check)).to.equal("taken"));

  const bad: readonly (readonly [string, () => unknown])[] = [
    ["a capital", () => checkName("Search")],
    ["an empty name", () => checkName("")],
    ["a hyphen at the end", () => checkName("search-")],
    ["a path", () => checkName("../secrets")],
    ["a slash", () => checkName("a/b")],
    ["a name of 254", () => checkName("a".repeat(254))],
    ["a line break behind a name", () => checkName("search\n")],
    ["a namespace with a dot", () => checkNamespace("a.b")],
    ["a namespace of 64", () => checkNamespace("a".repeat(64))],
    ["every namespace for a name", () => checkNamespace("*")],
    ["one more than there may be", () => checkReplicas(11, 10)],
    ["less than none", () => checkReplicas(-1, 10)],
    ["half a replica", () => checkReplicas(1.5, 10)],
    ["no number", () => checkReplicas(NaN, 10)],
    ["no time", () => checkTimeout(0)],
    ["more than an hour", () => checkTimeout(3_601)],
    ["no time at all", () => checkTimeout(NaN)],
    ["a selector that is none", () => checkSelector("a=b&limit=1")],
    ["an empty requirement", () => checkSelector("a=b,")],
    ["no name", () => checkNames([])],
    ["too many names", () => checkNames(Array.from({ length: 101 }, (_, index) => `s${index}`))],
  ];
  for (const [what, check] of bad) it(`refuses ${what}`, () => expect(verdict(check)).to.equal("invalid_input"));

  it("takes each name once", () => expect(checkNames(["a", "b", "a"])).to.deep.equal(["a", "b"]));
});

describe("an autoscaler's say", () => {
  const autoscaler = { metadata: { name: "search" }, spec: { scaleTargetRef: { kind: "Deployment", name: "search" }, minReplicas: 2, maxReplicas: 5 } };
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ["rests at 0", 0, /^allowed: .*rests until "search" is started again/],
    ["takes a start further", 1, /^allowed: .*to at least 2/],
    ["may change what is within its bounds", 3, /^allowed: .*between 2 and 5/],
    ["would undo what is beyond", 6, /^refused: .*not in 2\.\.5/],
  ];
  for (const [what, replicas, says] of cases) {
    it(what, () => {
      const verdict = autoscalerVerdict([autoscaler], "Deployment", "search", replicas);
      expect(verdict.kind === "allowed" ? `allowed: ${verdict.warnings.join()}` : `refused: ${verdict.why}`).to.match(says);
    });
  }
  it("is not asked about others", () => {
    expect(autoscalerVerdict([autoscaler], "StatefulSet", "search", 9)).to.deep.equal({ kind: "allowed", warnings: [] });
    expect(autoscalerVerdict([autoscaler], "Deployment", "notes", 9)).to.deep.equal({ kind: "allowed", warnings: [] });
  });
});

describe("an error of the Kubernetes API", () => {
  const cases: readonly (readonly [KubernetesError, object])[] = [
    [toKubernetesError("GET /x", 404, { message: "x not found" }), { code: "not_found", status: 404 }],
    [toKubernetesError("GET /x", 403, { message: "no", reason: "Forbidden" }), { code: "api_error", status: 403 }],
    [toKubernetesError("GET /x", 401, {}), { code: "api_error", status: 401 }],
    [toKubernetesError("PATCH /x", 409, {}), { code: "api_error", status: 409 }],
    [toKubernetesError("PATCH /x", 422, {}), { code: "api_error", status: 422 }],
    [toKubernetesError("GET /x", 429, {}, 1_000), { code: "api_error", status: 429 }],
    [toKubernetesError("GET /x", 500, undefined), { code: "api_error", status: 500 }],
    [toKubernetesError("GET /x", 504, {}), { code: "timeout", status: 504 }],
    [new KubernetesError("timeout", "late"), { code: "timeout" }],
    [new KubernetesError("unreachable", "gone"), { code: "api_error" }],
    [new KubernetesError("no_cluster", "none"), { code: "api_error" }],
  ];
  for (const [error, expected] of cases) {
    it(`${error.code}${error.status === undefined ? "" : `, status ${error.status}`}: ${JSON.stringify(expected)}`, () => {
      const { message: _message, hint: _hint, ...body } = toErrorBody(toLifecycleError(error));
      expect(body).to.deep.equal(expected);
    });
  }
  it("is not made of a bug", () => expect(() => toLifecycleError(new TypeError("undefined is not a function"))).to.throw(TypeError));
});

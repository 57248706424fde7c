/** Tests of Envoy's bootstrap: what it says, to the letter. That Envoy takes it is proved by the end-to-end tests. */

import { makeBootstrap, type BootstrapInput } from "../../envoy/bootstrap.js";
import { golden } from "../golden.js";

golden<BootstrapInput>("test/testdata/envoy-bootstrap", makeBootstrap);

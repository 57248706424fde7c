/** The lint rules: mistakes that types alone let through. Layout and taste are left to the writer. */

import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "protos/gen/**"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-empty": "error",
      "no-fallthrough": "error",
      "no-throw-literal": "off",
      "no-var": "error",
      "prefer-const": "error",
      "no-console": "off",
      "no-restricted-syntax": [
        "error",
        { selector: "TSEnumDeclaration", message: "a union says the same and erases" },
        { selector: "MemberExpression[object.name=/^(it|describe)$/][property.name='skip']", message: "a test runs or is deleted" },
        { selector: "CallExpression[callee.name=/^x(it|describe|specify)$/]", message: "a test runs or is deleted" },
      ],
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": ["error", { allowForKnownSafeCalls: [{ from: "package", name: ["it", "describe", "before", "after", "beforeEach", "afterEach"], package: "mocha" }] }],
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/prefer-promise-reject-errors": "error",
      "@typescript-eslint/return-await": ["error", "in-try-catch"],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ["**/*.{js,mjs}"],
    rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error", "no-unused-vars": "error" },
  },
);

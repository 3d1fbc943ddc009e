import type { FieldSource, Policy, Resolution } from "@macula/mesh";

/** The policy that holds for a name, and where each field came from, to be shown. */
export interface PolicyReport extends Policy {
  /** By field: `policies.yaml:<line>:<column>`, or `built in`. */
  readonly from: { readonly [F in keyof Policy]: string };
}

/** What files call a field that programs call otherwise. */
const IN_FILES: { readonly [F in keyof Policy]: FieldSource["field"] } = {
  app: "app",
  transport: "transport",
  keyMgmt: "key-mgmt",
  require: "require",
  onStale: "on-stale",
  overlapMs: "overlap",
};

/** Says of a resolution what people want to know of it. */
export function reportOf({ policy, fields }: Resolution): PolicyReport {
  const places = (field: keyof Policy) =>
    fields.filter((source) => source.field === IN_FILES[field]).map(placeOf).join(" and ");
  return {
    app: policy.app,
    transport: policy.transport,
    keyMgmt: policy.keyMgmt,
    require: policy.require,
    onStale: policy.onStale,
    overlapMs: policy.overlapMs,
    from: {
      app: places("app"),
      transport: places("transport"),
      keyMgmt: places("keyMgmt"),
      require: places("require"),
      onStale: places("onStale"),
      overlapMs: places("overlapMs"),
    },
  };
}

/** Without the file's folders, which are the same for all. */
function placeOf({ at }: FieldSource): string {
  return at === null ? "built in" : at.replace(/^.*[\\/]/, "");
}

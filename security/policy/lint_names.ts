import { parsePattern, realmOf } from "../../names/mod.ts";
import type { PolicyProblem } from "./policy_error.ts";
import type { ReadPolicies } from "./read_policies.ts";
import { didYouMean, listed } from "./words.ts";

/** Tells of patterns that probably match fewer names than meant, or none. */
export function lintNames({ snapshot, keys }: ReadPolicies): PolicyProblem[] {
  const realms = Object.keys(snapshot.realms);
  const patterns = Object.keys(snapshot.topics);
  return patterns.flatMap((text): PolicyProblem[] => {
    const place = keys.get(`topics.${text}`) ?? text;
    const realm = realmOf(parsePattern(text));
    const problems: PolicyProblem[] = [];
    if (text === `${realm}/*` && !patterns.includes(`${realm}/**`)) {
      const message = `"${text}" is for names of two segments only: write "${realm}/**" for all ` +
        `names of the realm, or have a rule for those too`;
      problems.push({ severity: "warning", place, message });
    }
    if (realms.length > 0 && !realms.includes(realm)) {
      const message = `"${text}" is in realm "${realm}", which has no rules under realms, where ` +
        `there ${realms.length > 1 ? "are" : "is"} ${listed(realms)}${didYouMean(realm, realms)}`;
      problems.push({ severity: "warning", place, message });
    }
    return problems;
  });
}

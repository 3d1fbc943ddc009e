import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Contact,
  contactTexts,
  mergeAddresses,
  parseAddress,
  parseContacts,
} from "./contact.ts";
import { keyText } from "./key.ts";
import { formatHostPort } from "../transport/mod.ts";

const addresses = fc.record({
  host: fc.oneof(fc.ipV4(), fc.constantFrom("::1", "2001:db8::7")),
  port: fc.integer({ min: 1, max: 65_535 }),
}, { noNullPrototype: true });
const contacts: fc.Arbitrary<Contact> = fc.record({
  peer: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(keyText),
  addresses: fc.uniqueArray(addresses, { minLength: 1, maxLength: 4, selector: formatHostPort }),
}, { noNullPrototype: true });

Deno.test("parseContacts() reads what contactTexts() writes", () => {
  const lists = fc.uniqueArray(contacts, { selector: ({ peer }) => peer });
  fc.assert(fc.property(lists, (list) => {
    assert.deepEqual(parseContacts(contactTexts(list)), list);
  }));
});

Deno.test("parseContacts() keeps four addresses of a node, and refuses what is no address", () => {
  const peer = keyText(new Uint8Array(32));
  const many = Array.from({ length: 100 }, (_, i) => `macula://${peer}@10.0.0.1:${i + 1}`);
  assert.equal(parseContacts(many)[0]?.addresses.length, 4);
  assert.throws(() => parseContacts(["macula://nobody@10.0.0.1:1"]), SyntaxError);
});

Deno.test("parseAddress() reads what formatHostPort() writes, and refuses port 0", () => {
  fc.assert(fc.property(addresses, (address) => {
    assert.deepEqual(parseAddress(formatHostPort(address)), address);
  }));
  assert.throws(() => parseAddress("10.0.0.1:0"), SyntaxError);
});

Deno.test("mergeAddresses() keeps each once, the first list first", () => {
  const at = (port: number) => ({ host: "10.0.0.1", port });
  const merged = mergeAddresses([at(1), at(2)], [at(2), at(3), at(4), at(5)]);
  assert.deepEqual(merged, [at(1), at(2), at(3), at(4)]);
});

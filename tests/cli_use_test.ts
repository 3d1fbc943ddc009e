import assert from "node:assert/strict";
import about from "../deno.json" with { type: "json" };
import { createIdentity } from "../security/mod.ts";
import { assertFailed, macula, NOBODY } from "./cli_fixture.ts";

const COMMANDS = [
  ...["init", "node", "status", "peers", "actors", "pub", "sub", "call", "serve"],
  ...["policy explain", "policy lint", "dht get", "dht put", "dht lookup", "dht table"],
];

Deno.test("macula --version and --help end well", async () => {
  const version = await macula(["--version"]);
  assert.deepEqual(version, { code: 0, stdout: [about.version], stderr: [] });
  const help = await macula(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.stdout.join("\n"), /Exit codes: 0 done, 1 failed, 2 wrong use, 3 refused/);
  for (const command of COMMANDS) {
    const { code, stdout } = await macula([...command.split(" "), "--help"]);
    assert.equal(code, 0);
    assert.match(stdout.join("\n"), new RegExp(`Examples:\\n.*macula ${command}`), command);
  }
});

Deno.test("macula without a command shows its help, as wrong use", async () => {
  for (const args of [[], ["policy"], ["dht"]]) {
    const { code, stdout, stderr } = await macula(args);
    assert.equal(code, 2);
    assert.deepEqual(stdout, []);
    assert.match(stderr.join("\n"), /^Usage: macula/);
  }
});

Deno.test("macula refuses wrong use with 2, and says what is right", async () => {
  const by = ["--bootstrap", NOBODY];
  const cases: readonly [readonly string[], RegExp][] = [
    [["nod"], /unknown command 'nod' \(Did you mean node\?\); see `macula --help`/],
    [["policy", "lnt"], /unknown command 'lnt'.*see `macula policy --help`/],
    [["dht", "get", "--kye", "x"], /unknown option '--kye'.*see `macula dht get --help`/],
    [["node", "--lsten", "x"], /unknown option '--lsten' .*--listen.*see `macula node --help`/],
    [["node", "--listen", "4433"], /--listen: "4433".*the host is missing/],
    [["node", "--listen", "0.0.0.0:0"], /0\.0\.0\.0 is not a loopback address.*--open/],
    [["node", "--bootstrap", NOBODY.replace("127.0.0.1", "192.0.2.7")], /--listen 0\.0\.0\.0:0/],
    [["node", ...by, "--allow", createIdentity().nodeId], /add --allow b/],
    [["node", "--allow", "bob"], /--allow: "bob" is not a node id/],
    [["node", "--network", "A B"], /"A B" is no network name/],
    [["node", "--realm", "a/b"], /--realm: .*a\/b/],
    [["node", "--config", "absent.yaml"], /absent\.yaml: cannot be read/],
    [["node", "--policies", "absent.yaml"], /absent\.yaml: cannot be read/],
    [["status", ...by], /status is about a node that runs here: name its folder with --data/],
    [["peers", ...by], /peers is about a node that runs here/],
    [["actors", ...by], /actors is about a node that runs here/],
    [["sub", "iot/**/x", ...by], /pattern "iot\/\*\*\/x"/],
    [["sub", "iot/**", "--allow", createIdentity().nodeId], /--allow is for a node of this/],
    [["sub", "iot/**", ...by, "--count", "0"], /"0" is no count/],
    [["pub", "iot/*", "1", ...by], /topic "iot\/\*" has a \*/],
    [["pub", "iot/x", "1", "--network", "x"], /--network is for a short-lived node/],
    [["pub", "iot/x", "1", "--open"], /--open is for a short-lived node: give it --bootstrap/],
    [["pub", "iot/x", '{"$bytes":"%"}', ...by], /expected base64/],
    [["call", "lob", ...by], /procedure "lob"/],
    [["call", "lob/x", "--bootstrap", "127.0.0.1:9"], /does not begin with macula:/],
    [["call", "lob/x", ...by, "--timeout", "5"], /"5" is no duration.*5s/],
    [["serve", "lob/x"], /missing required argument 'command'.*macula serve --help/],
    [
      ["serve", "lob/x", "--", "no-such-program"],
      /no program no-such-program in any folder of PATH/,
    ],
    [["serve", "lob/x", "--", "./absent"], /there is no program \.\/absent that can be run/],
    [["serve", "lob/x", "--parallel", "0", "--", "cat"], /"0" is no count/],
    [["policy", "explain", "lob/x", ...by], /policy explain is about a node that runs here/],
    [["policy", "explain", "lob/x", "--application", "a b"], /--application: .*a b/],
    [["dht", "get"], /dht get needs a name, or --key KEY/],
    [["dht", "get", "a", ...by], /say whose is meant with --owner/],
    [["dht", "put", "a"], /dht put needs a name and a value/],
    [["dht", "put", "a", "1", ...by], /name the identity to use with --data/],
    [["dht", "put", "--immutable", "1", "2"], /takes a value alone/],
    [["dht", "lookup", "garbage"], /"garbage" is not a node id.*topic\/… and proc\/…/],
  ];
  for (const [args, sentence] of cases) assertFailed(await macula(args), 2, sentence);
});

Deno.test("macula says with 1 that no node runs, and how to start one", async () => {
  const commands = [["status"], ["peers"], ["actors"], ["pub", "iot/x", "1"], ["sub", "iot/**"]];
  const more = [["call", "lob/x"], ["serve", "lob/x", "--", "cat"], ["policy", "explain", "lob/x"]];
  for (const command of [...commands, ...more, ["dht", "get", "x"], ["dht", "table"]]) {
    const end = await macula(command);
    assertFailed(end, 1, /no node runs on \.\/data: start one with `macula node --data \.\/data`$/);
  }
});

Deno.test("macula with --json has its errors as events, too", async () => {
  const { code, stdout, stderr } = await macula(["call", "lob/x", "--json"]);
  assert.equal(code, 1);
  const [line = "", ...rest] = stdout;
  assert.deepEqual(rest, []);
  const { event, code: name, message } = JSON.parse(line);
  assert.deepEqual([event, name], ["error", "no-node"]);
  assert.deepEqual(stderr, [`macula: ${message}`]);
});

Deno.test("macula shows stacks only with --verbose or MACULA_DEBUG", async () => {
  const args = ["call", "lob/x", "--bootstrap", "nowhere"];
  assert.equal((await macula(args)).stderr.length, 1);
  assert.match((await macula([...args, "--verbose"])).stderr.join("\n"), /\n {4}at /);
  const { stderr } = await macula(args, { env: { MACULA_DEBUG: "1" } });
  assert.match(stderr.join("\n"), /\n {4}at /);
});

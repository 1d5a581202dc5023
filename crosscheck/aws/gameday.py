#!/usr/bin/env python3
"""boto3 and the AWS CLI run a game day against `failsim serve`, and every answer is held against botocore's service model.

`make crosscheck-aws` runs it with Debian's boto3 and AWS CLI, after the tests of the SDK for Go, and writes results.md. It ends with 1
if anything is not as the API has it.

    go test . -report sdk-go.json
    gameday.py --failsim bin/failsim --aws /usr/bin/aws --sdk-go sdk-go.json > results.md
"""

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "us-east-1"
KEY, SECRET = "AKIDGAMEDAY", "a-secret-of-the-game-day"
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DOCS = os.path.join(ROOT, "docs", "serve.md")
MODEL = os.path.join(ROOT, "server", "testdata", "model.json")


class Checks:
    """What was found, and how much was looked at."""

    def __init__(self):
        self.mismatches, self.calls, self.answers, self.elements, self.newer = [], 0, 0, 0, set()

    def expect(self, ok, what):
        if not ok and what not in self.mismatches:
            self.mismatches.append(what)
            print("mismatch:", what, file=sys.stderr)


class Server:
    """failsim serve, on a free port."""

    def __init__(self, failsim, scenario, *flags):
        self.dir = tempfile.TemporaryDirectory()
        path = os.path.join(self.dir.name, "scenario.toml")
        with open(path, "w") as f:
            f.write(scenario)
        self.process = subprocess.Popen([failsim, "serve", path, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", *flags],
                                        stderr=subprocess.PIPE, text=True)
        said = ""
        for line in self.process.stderr:
            said += line
            if found := re.search(r"ElastiCache API of \S+ at (http://[0-9.:]+)", line):
                self.endpoint = found[1]
                return
        raise SystemExit(f"the server does not listen:\n{said}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.stderr.read()
        if code := self.process.wait():
            raise SystemExit(f"the server ended with {code}")
        self.dir.cleanup()


def fleet():
    """A topology as describe-replication-groups and describe-cache-clusters print it."""
    shapes = [("orders", True, 3, 1, 0), ("carts", False, 1, 2, 1), ("prices", False, 1, 5, 0)]
    shapes += [(f"single-{i:02}", False, 1, 0, 0) for i in range(20)]
    groups, clusters = [], []
    for name, enabled, shards, replicas, primary in shapes:
        on = "enabled" if replicas else "disabled"
        group = {"ReplicationGroupId": name, "Status": "available", "ClusterEnabled": enabled, "ClusterMode": "enabled" if enabled else "disabled",
                 "AutomaticFailover": on, "MultiAZ": on, "CacheNodeType": "cache.r7g.large", "TransitEncryptionEnabled": True,
                 "ARN": f"arn:aws:elasticache:{REGION}:123456789012:replicationgroup:{name}", "Engine": "valkey", "NodeGroups": []}
        for shard in range(shards):
            members = []
            for node in range(replicas + 1):
                node_id = f"{name}-{shard + 1:04}-{node + 1:03}" if enabled else f"{name}-{node + 1:03}"
                zone = REGION + "abc"[(shard + node) % 3]
                member = {"CacheClusterId": node_id, "CacheNodeId": "0001", "PreferredAvailabilityZone": zone}
                if not enabled:
                    member["CurrentRole"] = "primary" if node == primary else "replica"
                members.append(member)
                clusters.append({"CacheClusterId": node_id, "ReplicationGroupId": name, "Engine": "valkey", "EngineVersion": "8.0",
                                 "CacheNodeType": "cache.r7g.large", "CacheClusterStatus": "available", "PreferredAvailabilityZone": zone})
            node_group = {"NodeGroupId": f"{shard + 1:04}", "Status": "available", "NodeGroupMembers": members}
            if enabled:
                node_group["Slots"] = ["0-5461", "5462-10922", "10923-16383"][shard]
            group["NodeGroups"].append(node_group)
        groups.append(group)
    return {"ReplicationGroups": groups}, {"CacheClusters": clusters}


def import_topology(failsim, groups, clusters):
    """The scenario that failsim import makes. Its campaign is left out when it is served: the client is the operator."""
    with tempfile.TemporaryDirectory() as directory:
        paths = []
        for name, content in ("groups", groups), ("clusters", clusters):
            paths.append(os.path.join(directory, name + ".json"))
            with open(paths[-1], "w") as f:
                json.dump(content, f, default=str)
        return subprocess.run([failsim, "import", paths[0], "--clusters", paths[1]], check=True, capture_output=True, text=True).stdout


def recipes():
    """The fleet and the calls of docs/serve.md that meet each refusal of TestFailover."""
    with open(DOCS) as f:
        text = f.read()
    scenario = re.search(r'```toml\n(name = "refusals"\n.*?)```', text, re.S)[1]
    rows = re.findall(r"^\| ([a-z]+) \| ([0-9]+) \| ([A-Za-z]+) \| ?(.*) \|$", text, re.M)
    return scenario, rows


def local(tag):
    return tag.rsplit("}", 1)[-1]


class Model:
    """Holds raw answers against the service model of the botocore at hand; what that does not know yet must be in model.json, which
    a newer one wrote."""

    def __init__(self, checks):
        self.checks = checks
        with open(MODEL) as f:
            self.shapes = json.load(f)["shapes"]

    def watch(self, client):
        client.meta.events.register("after-call", self.answered)

    def answered(self, http_response, parsed, model, **_):
        self.checks.calls += 1
        if http_response.status_code != 200:
            return
        self.checks.answers += 1
        root = ElementTree.fromstring(http_response.content)
        name = model.name
        wrapper = model.output_shape.serialization["resultWrapper"]
        self.checks.expect(local(root.tag) == name + "Response", f"{name}: the answer is a {root.tag}")
        self.checks.expect([local(child.tag) for child in root] == [wrapper, "ResponseMetadata"], f"{name}: {[child.tag for child in root]}")
        self.checks.expect(model.metadata["xmlNamespace"] in root.tag, f"{name}: namespace of {root.tag}")
        # The sample of the STS API reference has another order than its model.
        self.element(root[0], model.output_shape, name, ordered=name != "GetCallerIdentity")
        again = botocore.parsers.create_parser("query").parse(
            {"status_code": 200, "headers": http_response.headers, "body": http_response.content}, model.output_shape)
        for member in model.output_shape.members:
            self.checks.expect(again.get(member) == parsed.get(member), f"{name}: {member} is parsed otherwise a second time")

    def element(self, element, shape, path, ordered=True):
        self.checks.elements += 1
        if shape.type_name == "list":
            item = shape.member.serialization.get("name", "member")
            for child in element:
                self.checks.expect(local(child.tag) == item, f"{path}: item {local(child.tag)}, want {item}")
                self.element(child, shape.member, f"{path}>{item}")
            return
        if shape.type_name != "structure":
            self.checks.expect(len(element) == 0, f"{path}: elements in a {shape.type_name}")
            if shape.type_name == "timestamp":
                self.checks.expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", element.text or ""), f"{path}: {element.text}")
            return
        names = {member.serialization.get("name", key): (i, member) for i, (key, member) in enumerate(shape.members.items())}
        last = -1
        for child in element:
            tag = local(child.tag)
            if tag not in names:
                newer = tag in dict(self.shapes.get(shape.name, {}).get("members", []))
                self.checks.expect(newer, f"{path}: {tag} is unknown to {shape.name}")
                self.checks.newer.add(f"{shape.name}.{tag}")
                continue
            at, member = names[tag]
            self.checks.expect(at > last or not ordered, f"{path}: {tag} out of the model's order")
            last = at
            self.element(child, member, f"{path}>{tag}")


def story(checks, events, group, node_group):
    """The five events of a failover, oldest first; newest of the call at the end. None until it has finished."""
    mine = [e for e in reversed(events) if e["SourceIdentifier"] == group or e["SourceIdentifier"].startswith(group + "-")]
    called = f"Test Failover API called for node group {node_group}"
    begin = max((i for i, e in enumerate(mine) if e["Message"] == called), default=None)
    if begin is None or len(mine[begin:]) < 5:
        return None
    told = [(e["SourceType"], e["SourceIdentifier"], e["Message"]) for e in mine[begin:]]
    old = told[1][1]
    promoted = told[1][2].split(" to replica node ")[-1].removesuffix(" completed")
    completed = f"Failover from primary node {old} to replica node {promoted} completed"
    want = [("replication-group", group, called), ("cache-cluster", old, completed), ("replication-group", group, completed),
            ("cache-cluster", old, "Recovering cache nodes 0001"), ("cache-cluster", old, "Finished recovery for cache nodes 0001")]
    checks.expect(told == want, f"{group}/{node_group}: {told}")
    return old, promoted


class Boto:
    """boto3's side."""

    name = "boto3"

    def __init__(self, endpoint, checks, key=KEY, secret=SECRET, token=None):
        session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token, region_name=REGION)
        self.checks = checks
        self.api = session.client("elasticache", endpoint_url=endpoint, config=Config(retries={"max_attempts": 0}))
        self.sts = session.client("sts", endpoint_url=endpoint)
        for client in self.api, self.sts:
            Model(checks).watch(client)

    @staticmethod
    def version():
        return f"{boto3.__version__} (botocore {botocore.__version__})"

    def pages(self, operation, key, size=20, **parameters):
        items = []
        for page in self.api.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **parameters):
            self.checks.expect(len(page[key]) <= size, f"{operation}: {len(page[key])} on a page of {size}")
            items += page[key]
        return items

    def groups(self):
        return self.pages("describe_replication_groups", "ReplicationGroups")

    def clusters(self):
        return self.pages("describe_cache_clusters", "CacheClusters", ShowCacheNodeInfo=True)

    def events(self, size=100):
        return self.pages("describe_events", "Events", size, Duration=14 * 24 * 60)

    def test_failover(self, group, node_group):
        """None, or the name of the exception."""
        try:
            self.api.test_failover(ReplicationGroupId=group, NodeGroupId=node_group)
        except ClientError as error:
            return type(error).__name__
        return None

    def tags(self, arn):
        return self.api.list_tags_for_resource(ResourceName=arn)["TagList"]

    def account(self):
        return self.sts.get_caller_identity()["Account"]

    def wait(self, group):
        self.api.get_waiter("replication_group_available").wait(ReplicationGroupId=group, WaiterConfig={"Delay": 0, "MaxAttempts": 100})
        self.api.get_waiter("cache_cluster_available").wait(CacheClusterId=group + "-002", WaiterConfig={"Delay": 0, "MaxAttempts": 100})
        self.api.get_waiter("replication_group_deleted").wait(ReplicationGroupId="nobody")
        self.api.get_waiter("cache_cluster_deleted").wait(CacheClusterId="nobody")

    def refusal(self):
        """The code with which a call is refused."""
        try:
            self.api.describe_replication_groups()
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None


class CLI:
    """The AWS CLI's side."""

    name = "AWS CLI"

    def __init__(self, aws, endpoint, checks, key=KEY, secret=SECRET):
        self.aws, self.endpoint, self.checks = aws, endpoint, checks
        self.environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
                            "AWS_DEFAULT_REGION": REGION, "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": ""}

    def version(self):
        out = subprocess.run([self.aws, "--version"], check=True, capture_output=True, text=True, env=self.environment)
        return (out.stdout + out.stderr).split()[0].removeprefix("aws-cli/")

    def run(self, *words):
        """What the CLI prints, and the code with which the call was refused."""
        self.checks.calls += 1
        out = subprocess.run([self.aws, *words, "--endpoint-url", self.endpoint, "--output", "json"], capture_output=True, text=True,
                             env=self.environment)
        if out.returncode == 0:
            self.checks.answers += 1
            return json.loads(out.stdout or "null"), None
        found = re.search(r"An error occurred \((\w+)\)", out.stderr)
        return None, found[1] if found else out.stderr.strip()

    def must(self, *words):
        out, refused = self.run(*words)
        self.checks.expect(refused is None, f"aws {' '.join(words)}: {refused}")
        return out

    def groups(self):
        return self.must("elasticache", "describe-replication-groups", "--page-size", "20")["ReplicationGroups"]

    def clusters(self):
        return self.must("elasticache", "describe-cache-clusters", "--show-cache-node-info", "--page-size", "20")["CacheClusters"]

    def events(self, size=100):
        return self.must("elasticache", "describe-events", "--duration", "20160", "--page-size", str(size))["Events"]

    def test_failover(self, group, node_group):
        return self.run("elasticache", "test-failover", "--replication-group-id", group, "--node-group-id", node_group)[1]

    def tags(self, arn):
        return self.must("elasticache", "list-tags-for-resource", "--resource-name", arn)["TagList"]

    def account(self):
        return self.must("sts", "get-caller-identity")["Account"]

    def wait(self, _):
        """The CLI's waiters sleep 15 seconds between polls, so only those that need no sleep are used."""
        self.must("elasticache", "wait", "replication-group-available", "--replication-group-id", "carts")
        self.must("elasticache", "wait", "cache-cluster-available", "--cache-cluster-id", "carts-001")
        self.must("elasticache", "wait", "replication-group-deleted", "--replication-group-id", "nobody")
        self.must("elasticache", "wait", "cache-cluster-deleted", "--cache-cluster-id", "nobody")

    def refusal(self):
        return self.run("elasticache", "describe-replication-groups")[1]


SOON = """
[[replication_group]]
id = "soon"
cluster_mode = "disabled"
status = "modifying"
status_until = "10m"
[[replication_group.node]]
id = "soon-002"
status = "snapshotting"
status_until = "20m"
"""


def game_day(client, failsim, scenario):
    """Discovers the fleet, fails over each shard that can, and reads the events."""
    checks = client.checks
    groups = client.groups()
    checks.expect(len(groups) == 23, f"{len(groups)} groups, want 23")
    checks.expect(import_topology(failsim, {"ReplicationGroups": groups}, {"CacheClusters": client.clusters()}) == scenario,
                  "import of what is served is another scenario")
    checks.expect(client.account() == "123456789012", "the caller's account")
    failovers = 0
    for group in groups:
        name = group["ReplicationGroupId"]
        if group["AutomaticFailover"] != "enabled":
            continue
        checks.expect(client.tags(group["ARN"]) == [], f"{name} has tags")
        for node_group in group["NodeGroups"]:
            refused = client.test_failover(name, node_group["NodeGroupId"])
            checks.expect(refused is None, f"{name}/{node_group['NodeGroupId']}: {refused}")
            told = None
            for _ in range(50):
                if told := story(checks, client.events(), name, node_group["NodeGroupId"]):
                    break
            checks.expect(told, f"{name}/{node_group['NodeGroupId']}: no `Finished recovery` in 50 polls")
            before = [m["CacheClusterId"] for m in node_group["NodeGroupMembers"] if m.get("CurrentRole") == "primary"]
            checks.expect(not before or told and told[0] == before[0], f"{name}: {told} after {before}")
            failovers += 1
    checks.expect(failovers == 5, f"{failovers} failovers, want 5")
    small, large = client.events(20), client.events(100)
    checks.expect(small == large and len(small) == 5 * failovers, f"{len(small)} and {len(large)} events by pages of 20 and 100")
    checks.expect([str(e["Date"]) for e in small] == sorted((str(e["Date"]) for e in small), reverse=True), "the newest event is not the first")
    again = import_topology(failsim, {"ReplicationGroups": client.groups()}, {"CacheClusters": client.clusters()})
    checks.expect('primary = "carts-002"' not in again, "carts has its old primary after its failover")


def meet_refusals(client, named):
    """Makes the calls of docs/serve.md; named turns the name of an exception into what the client tells."""
    met = set()
    for group, node_group, want, because in recipes()[1]:
        got = client.test_failover(group, node_group)
        polls = 0
        while because.startswith("once") and got != named(want) and polls < 50:
            client.events()
            got = client.test_failover(group, node_group)
            polls += 1
        met.add(want)
        client.checks.expect(got == (None if want == "accepted" else named(want)), f"{group}/{node_group}: {got}, want {want}")
    client.checks.expect(len(met) == 10, f"{len(met) - 1} refusals have a recipe, want 9")


def error_code(exception):
    """The code on the wire of an exception of the service model."""
    model = botocore.session.get_session().get_service_model("elasticache")
    return model.shape_for(exception).metadata["error"]["code"]


def check(make, failsim, scenario, named):
    """Runs everything with the clients that make(endpoint, checks, **key) gives; returns a client and what was found."""
    checks = Checks()
    with tempfile.NamedTemporaryFile("w", suffix=".credentials") as keys:
        keys.write(f"[game-day]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n")
        keys.flush()
        flags = ["--credentials", keys.name, "--seed", "1", "--speed", "max"]
        with Server(failsim, scenario, *flags) as server:
            client = make(server.endpoint, checks)
            game_day(client, failsim, scenario)
            for key, secret, code in ((KEY, "wrong", "SignatureDoesNotMatch"), ("AKIDNOBODY", SECRET, "InvalidClientTokenId")):
                got = make(server.endpoint, checks, key=key, secret=secret).refusal()
                checks.expect(got == code, f"{key} with {secret}: {got}, want {code}")
        with Server(failsim, scenario + SOON, *flags) as server:
            make(server.endpoint, checks).wait("soon")
        with Server(failsim, recipes()[0], *flags) as server:
            meet_refusals(make(server.endpoint, checks), named)
    return client, checks


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--failsim", required=True, help="the command")
    parser.add_argument("--aws", required=True, help="the AWS CLI")
    parser.add_argument("--sdk-go", required=True, help="what the tests of the SDK for Go counted")
    options = parser.parse_args()
    with open(options.sdk_go) as f:
        sdk_go = json.load(f)
    groups, clusters = fleet()
    scenario = import_topology(options.failsim, groups, clusters)
    runs = [
        check(Boto, options.failsim, scenario, lambda exception: exception),
        check(lambda endpoint, checks, **key: CLI(options.aws, endpoint, checks, **key), options.failsim, scenario, error_code),
    ]
    print("# Stock AWS clients against `failsim serve`\n")
    print("Written by `make crosscheck-aws`. The SDK for Go runs the tests beside this file: a game day of 15 shards, typed exceptions, paginators, waiters,")
    print("signatures, retries. boto3 and the AWS CLI run the game day of gameday.py, with signatures verified; boto3's answers are also held, element by")
    print("element, against botocore's service model: names, order, kinds. A call of the SDK for Go or boto3 is a request, one of the CLI a command.\n")
    print("| client | version | calls | answers with a result | elements held against the model | mismatches |")
    print("|---|---|---|---|---|---|")
    print(f"| {sdk_go['client']} | {sdk_go['version']} | {sdk_go['calls']} | {sdk_go['answers']} |  | {sdk_go['mismatches']} |")
    for client, checks in runs:
        print(f"| {client.name} | {client.version()} | {checks.calls} | {checks.answers} | {checks.elements or ''} | {len(checks.mismatches)} |")
    for client, checks in runs:
        if checks.newer:
            print(f"\n{client.name} skips what its service model does not know yet: {', '.join(sorted(checks.newer))}.")
    for client, checks in runs:
        for mismatch in checks.mismatches:
            print(f"\n- {client.name}: {mismatch}")
    sys.exit(sdk_go["mismatches"] > 0 or any(checks.mismatches for _, checks in runs))


if __name__ == "__main__":
    main()

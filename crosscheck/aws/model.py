#!/usr/bin/env python3
"""Writes what the server's tests hold its answers against: the shapes of the operations that are served, taken from
botocore's own service models, one to a line.

    python3 crosscheck/aws/model.py > server/testdata/model.json
"""

import json
import sys

import botocore.session

OPERATIONS = {
    "elasticache": ["TestFailover", "DescribeReplicationGroups", "DescribeCacheClusters", "DescribeEvents",
                    "ListTagsForResource", "RebootCacheCluster", "ModifyReplicationGroup"],
    "sts": ["GetCallerIdentity"],
}


def collect(shape, shapes):
    """Adds the shape, and those that it is made of, by name."""
    if shape.name in shapes:
        return
    if shape.type_name == "structure":
        shapes[shape.name] = {"members": [[name, member.name] for name, member in shape.members.items()]}
        for member in shape.members.values():
            collect(member, shapes)
    elif shape.type_name == "list":
        shapes[shape.name] = {"list": shape.member.serialization.get("name", "member"), "of": shape.member.name}
        collect(shape.member, shapes)
    else:
        shapes[shape.name] = {"scalar": shape.type_name}


def model():
    session = botocore.session.get_session()
    shapes, operations, errors = {}, {}, {}
    for service, names in OPERATIONS.items():
        description = session.get_service_model(service)
        for name in names:
            operation = description.operation_model(name)
            collect(operation.output_shape, shapes)
            operations[name] = {"output": operation.output_shape.name, "wrapper": operation.output_shape.serialization["resultWrapper"],
                                "namespace": description.metadata["xmlNamespace"], "version": description.api_version}
            for error in operation.error_shapes:
                told = error.metadata["error"]
                errors[error.name] = {"code": told["code"], "status": told["httpStatusCode"]}
    return {"operations": operations, "shapes": shapes, "errors": errors}


def main():
    parts = []
    for part, entries in model().items():
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items())
        parts.append(f" {json.dumps(part)}: {{\n{lines}\n }}")
    sys.stdout.write("{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Signs requests with nothing but hmac and hashlib, and writes vectors.json beside itself: what the Go tests verify.

Run it as `python3 oracle.py`. Entries with a signature are AWS's own, from the example of the IAM User Guide ("Create a
signed AWS API request", ListUsers) and from AWS's Signature Version 4 test suite (service `service`); the script stops where
it disagrees with one. The others have the shape of what the SDKs send to ElastiCache.
"""
import hashlib
import hmac
import json
import pathlib
from urllib.parse import quote, unquote_to_bytes

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
ID = "AKIDEXAMPLE"
AT = "20150830T123600Z"
UNRESERVED = "-._~"


def path_of(raw):
    out = []
    for part in raw.split("/"):
        if part == "..":
            out = out[:-1]
        elif part not in ("", "."):
            out.append(part)
    path = "/" + "/".join(out)
    if raw.endswith("/") and out:
        path += "/"
    return quote(path, safe="/" + UNRESERVED)


def query_of(raw):
    pairs = []
    for pair in filter(None, raw.split("&")):
        name, _, value = pair.partition("=")
        pairs.append([quote(unquote_to_bytes(x.replace("+", " ")), safe=UNRESERVED) for x in (name, value)])
    return "&".join(name + "=" + value for name, value in sorted(pairs))


def canonical(method, target, headers, body, signed):
    path, _, query = target.partition("?")
    lines = [method, path_of(path), query_of(query)]
    for name in sorted(signed):
        values = [value for key, value in headers if key.lower() == name]
        assert values, name
        lines.append(name + ":" + ",".join(" ".join(filter(None, v.strip().split(" "))) for v in values))
    return "\n".join(lines + ["", ";".join(sorted(signed)), hashlib.sha256(body.encode()).hexdigest()])


def sign(scope, at, text):
    key = ("AWS4" + SECRET).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    digest = hashlib.sha256(text.encode()).hexdigest()
    return hmac.new(key, f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{digest}".encode(), hashlib.sha256).hexdigest()


vectors = []


def add(name, request, signed, service="service", region="us-east-1", published=None, token=""):
    """request: the first line, headers, a blank line, the body; the header X-Amz-Date is added."""
    head, _, body = request.partition("\n\n")
    first, *lines = head.strip().split("\n")
    method, target, _ = first.split(" ")
    headers = [line.split(":", 1) for line in lines] + [["X-Amz-Date", AT]]
    if body:
        headers.append(["Content-Length", str(len(body.encode()))])
    scope = f"{AT[:8]}/{region}/{service}/aws4_request"
    names = signed.split(";") + ["host", "x-amz-date"] if signed else ["host", "x-amz-date"]
    signature = sign(scope, AT, canonical(method, target, headers, body, names))
    assert published in (None, signature), f"{name}: {signature}, AWS says {published}"
    headers.append(["Authorization", f"AWS4-HMAC-SHA256 Credential={ID}/{scope}, "
                    f"SignedHeaders={';'.join(sorted(names))}, Signature={signature}"])
    raw = "\r\n".join([first] + [f"{key}:{value}" for key, value in headers] + ["", body])
    vectors.append({"name": name, "published": published is not None, "service": service, "region": region, "token": token,
                    "signature": signature, "request": raw})


def suite(name, first, signature, headers="", signed="", body=""):
    add(name, f"{first} HTTP/1.1\nHost:example.amazonaws.com{headers}\n\n{body}", signed, published=signature)


add("iam-list-users", "GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1\nHost: iam.amazonaws.com\n"
    "Content-Type: application/x-www-form-urlencoded; charset=utf-8", "content-type", service="iam",
    published="5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")

VANILLA = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
suite("get-vanilla", "GET /", VANILLA)
suite("get-relative", "GET /example/..", VANILLA)
suite("get-relative-relative", "GET /example1/example2/../..", VANILLA)
suite("get-slash", "GET //", VANILLA)
suite("get-slash-dot-slash", "GET /./", VANILLA)
suite("get-slash-pointless-dot", "GET /./example", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5")
suite("get-slashes", "GET //example//", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84")
suite("get-unreserved", "GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
      "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f")
suite("get-utf8", "GET /\u1234", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85")
suite("get-vanilla-query-order-key-case", "GET /?Param2=value2&Param1=value1",
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")
suite("get-vanilla-empty-query-key", "GET /?Param1=value1",
      "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb")
suite("get-vanilla-utf8-query", "GET /?\u1234=bar", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04")
UNRES = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
suite("get-vanilla-query-unreserved", f"GET /?{UNRES}={UNRES}",
      "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197")
suite("get-header-key-duplicate", "GET /", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
      "\nMy-Header1:value2\nMy-Header1:value2\nMy-Header1:value1", "my-header1")
suite("get-header-value-order", "GET /", "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
      "\nMy-Header1:value4\nMy-Header1:value1\nMy-Header1:value3\nMy-Header1:value2", "my-header1")
suite("get-header-value-trim", "GET /", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
      "\nMy-Header1: value1\nMy-Header2: \"a   b   c\"", "my-header1;my-header2")
suite("post-vanilla", "POST /", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")
suite("post-header-key-sort", "POST /", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
      "\nMy-Header1:value1", "my-header1")
suite("post-x-www-form-urlencoded", "POST /", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
      "\nContent-Type:application/x-www-form-urlencoded", "content-type", "Param1=value1")
suite("post-x-www-form-urlencoded-parameters", "POST /", "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
      "\nContent-Type:application/x-www-form-urlencoded; charset=utf8", "content-type", "Param1=value1")

HOST = "Host: 127.0.0.1:6390\n"
FORM = "Content-Type: application/x-www-form-urlencoded"
CALL = "Action=TestFailover&Version=2015-02-02&ReplicationGroupId=sessions&NodeGroupId=0001"
add("botocore", f"POST / HTTP/1.1\n{HOST}{FORM}; charset=utf-8\nUser-Agent: Boto3/1.26\namz-sdk-request: attempt=1\n\n{CALL}",
    "content-type", "elasticache")
add("go", f"POST / HTTP/1.1\n{HOST}{FORM}\nAmz-Sdk-Invocation-Id: 5b5e\nAmz-Sdk-Request: attempt=1; max=3\n\n{CALL}",
    "amz-sdk-invocation-id;amz-sdk-request;content-length;content-type", "elasticache", "eu-central-1")
add("js", f"POST / HTTP/1.1\n{HOST}{FORM}\nX-Amz-User-Agent: aws-sdk-js/3\n"
    f"X-Amz-Content-Sha256: {hashlib.sha256(CALL.encode()).hexdigest()}\n\n{CALL}",
    "content-type;x-amz-content-sha256;x-amz-user-agent", "elasticache")
add("sts", f"POST / HTTP/1.1\n{HOST}{FORM}\n\nAction=GetCallerIdentity&Version=2011-06-15", "content-type", "sts")
add("token", f"POST / HTTP/1.1\n{HOST}{FORM}\nX-Amz-Security-Token: FwoGZXIvYXdzE/+=\n\n{CALL}",
    "content-type;x-amz-security-token", "elasticache", token="FwoGZXIvYXdzE/+=")
add("token-not-signed", f"POST / HTTP/1.1\n{HOST}{FORM}\nX-Amz-Security-Token: FwoGZXIvYXdzE/+=\n\n{CALL}", "content-type",
    "elasticache", token="FwoGZXIvYXdzE/+=")
add("get-query", f"GET /?Version=2015-02-02&Action=DescribeEvents&StartTime=2015-08-30T12%3A00%3A00Z&a=&a-b=2&a=1&c=x+y%2b%7E "
    f"HTTP/1.1\n{HOST}", "", "elasticache")
add("get-escaped-path", f"GET /a%20b/%e1%88%b4/ HTTP/1.1\n{HOST}", "", "elasticache")

out = pathlib.Path(__file__).with_name("vectors.json")
out.write_text(json.dumps(vectors, indent=1) + "\n")
